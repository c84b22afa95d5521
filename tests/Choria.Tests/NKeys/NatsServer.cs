using System.Diagnostics;
using System.Text.Json;

namespace Orchestrator.Choria.Tests.NKeys;

/// <summary>A nats-server process of a test's own on a free port; it ends with the test.</summary>
internal sealed class NatsServer : IAsyncDisposable
{
    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _folder;

    private NatsServer(Process process, string folder, string url)
    {
        _process = process;
        _folder = folder;
        Url = url;
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>Starts one with this configuration, which names no address.</summary>
    public static async Task<NatsServer> StartAsync(string configuration)
    {
        var folder = Directory.CreateTempSubdirectory("nats-server-").FullName;
        var file = Path.Combine(folder, "nats.conf");
        await File.WriteAllTextAsync(file, configuration);
        var start = new ProcessStartInfo("nats-server") { RedirectStandardError = true };
        foreach (var argument in new[] { "-c", file, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder })
            start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        var words = process.StandardError.ReadToEndAsync();
        var ports = Path.Combine(folder, $"nats-server_{process.Id}.ports");
        using var limit = new CancellationTokenSource(StartsWithin);
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"nats-server ended: {await words}");
            if (File.Exists(ports) && TryReadUrl(await File.ReadAllTextAsync(ports, limit.Token)) is { } url)
                return new NatsServer(process, folder, url);
            await Task.Delay(20, limit.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The file is there a moment before all of it is.</summary>
    private static string? TryReadUrl(string text)
    {
        try
        {
            return JsonDocument.Parse(text).RootElement.GetProperty("nats")[0].GetString();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
