using Orchestrator.Host.Process;

namespace Orchestrator.Host.Service;

/// <summary>Takes up a changed configuration, as far as that can be done while the service runs, and says of the rest that it is not.</summary>
public sealed partial class ServiceReload(ServiceStart start, LogLevels levels, IEnumerable<IReloaded> parts, ILogger<ServiceReload> log) : IDisposable
{
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private HostConfiguration _current = start.Options;

    public async Task ReloadAsync()
    {
        await _oneAtATime.WaitAsync();
        start.Systemd.Reloading();
        try
        {
            var options = start.ReadAgain();
            if (!options.Problems.IsEmpty)
            {
                Refused(log, string.Join("; ", options.Problems));
                return;
            }
            foreach (var (line, before) in Enumerable.Zip(options.Lines, _current.Lines))
            {
                if (line.Value == before.Value)
                    continue;
                if (OptionTable.All.First(o => o.Key == line.Key).IsReloaded)
                    Changed(log, line.Key, before.Value ?? "nothing", line.Value ?? "nothing");
                else
                    NotChanged(log, line.Key, before.Value ?? "nothing", line.Value ?? "nothing");
            }
            levels.Level = options.Settings.LogLevel;
            foreach (var part in parts)
            {
                if (await part.ReloadAsync(options.Settings) is { } problem)
                    Kept(log, problem);
            }
            // What waits for the next start is told again at the next reload.
            _current = options with
            {
                Lines = [.. options.Lines.Zip(_current.Lines, (line, before) => OptionTable.All.First(o => o.Key == line.Key).IsReloaded ? line : before)],
            };
            Reloaded(log);
        }
        finally
        {
            start.Systemd.Ready();
            _oneAtATime.Release();
        }
    }

    public void Dispose() => _oneAtATime.Dispose();

    [LoggerMessage(31, LogLevel.Information, "The configuration was read again")]
    private static partial void Reloaded(ILogger log);

    [LoggerMessage(32, LogLevel.Information, "The option {Key} changed from {Before} to {Now}")]
    private static partial void Changed(ILogger log, string key, string before, string now);

    [LoggerMessage(33, LogLevel.Warning, "The option {Key} changed from {Before} to {Now}, which takes effect only when the service is started again")]
    private static partial void NotChanged(ILogger log, string key, string before, string now);

    [LoggerMessage(34, LogLevel.Error, "The configuration cannot be used, so the one before stays in use: {Reason}")]
    private static partial void Refused(ILogger log, string reason);

    [LoggerMessage(35, LogLevel.Error, "What was in use before stays so: {Reason}")]
    private static partial void Kept(ILogger log, string reason);
}
