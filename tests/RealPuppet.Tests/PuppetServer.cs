using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// As much of a Puppet Server as agents need, over mutual TLS: definitions of nodes, plugins (none), catalogs, and a place for reports. The
/// catalogs and the errors are those of Puppet's own compiler.
/// </summary>
public sealed class PuppetServer : IAsyncDisposable
{
    private const string Production = "production";
    private const string Staging = "staging";

    // What stands for a node's own in a compiled catalog.
    private const string AnyNode = "any-node.example.net";
    private const string AnyFolder = "/any-nodes-folder";
    private const string AnyRelease = "any-nodes-release";

    private readonly ConcurrentDictionary<string, ServedNode> _nodes = new();
    private readonly ConcurrentDictionary<string, Lazy<Task<(bool Compiled, string Text)>>> _catalogs = new();
    private readonly string _folder;
    private readonly WebApplication _application;

    private PuppetServer(string folder, WebApplication application) => (_folder, _application) = (folder, application);

    /// <summary>The port on localhost.</summary>
    public int Port { get; private set; }

    /// <summary>Starts one.</summary>
    /// <param name="authority">Has a certificate for localhost; its other certificates are those of nodes.</param>
    /// <param name="folder">For the compiler's files.</param>
    public static async Task<PuppetServer> StartAsync(TestAuthority authority, string folder)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        using var pem = X509Certificate2.CreateFromPemFile(authority.Certificate("localhost"), authority.Key("localhost"));
        var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var trusted = X509CertificateLoader.LoadCertificateFromFile(authority.Certificate("ca"));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(own, https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) => IsOf(certificate, trusted);
        })));
        var server = new PuppetServer(folder, builder.Build());
        server._application.Run(server.AnswerAsync);
        await server._application.StartAsync();
        server.Port = new Uri(server._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;
        return server;
    }

    /// <summary>How a node is served.</summary>
    public ServedNode Of(string node) => _nodes.GetOrAdd(node, _ => new ServedNode());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            node.Open();
        await _application.DisposeAsync();
    }

    private static bool IsOf(X509Certificate2 certificate, X509Certificate2 authority)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        return chain.Build(certificate);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var node = Of(parts[^1]);
        switch (parts)
        {
            case ["puppet", "v3", "node", var name]:
                await context.Response.WriteAsJsonAsync(new { name, environment = Production, parameters = new { }, classes = Array.Empty<string>() });
                break;
            case ["puppet", "v3", "file_metadatas", ..] when IsKnown(context.Request.Query["environment"]):
                await context.Response.WriteAsJsonAsync(new[] { EmptyFolder("/plugins") });
                break;
            case ["puppet", "v3", "catalog", var name]:
                var asked = (await context.Request.ReadFormAsync())["environment"].ToString();
                node.Note($"catalog of {asked}");
                await node.Catalog.PassAsync();
                await CatalogAsync(context, name, node, asked == Staging ? Staging : Production);
                break;
            case ["puppet", "v3", "report", _]:
                node.Note("report");
                await node.Report.PassAsync();
                await context.Response.WriteAsJsonAsync(Array.Empty<string>());
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                await context.Response.WriteAsJsonAsync(
                    new { message = $"Not Found: Could not find {context.Request.Path}", issue_kind = "RESOURCE_NOT_FOUND" });
                break;
        }
    }

    private static bool IsKnown(string? environment) => environment is Production or Staging;

    private static object EmptyFolder(string path) => new
    {
        path,
        relative_path = ".",
        links = "manage",
        owner = 0,
        group = 0,
        mode = 0b111_101_101,
        checksum = new { type = "ctime", value = "{ctime}2026-11-22 12:30:00 +0000" },
        type = "directory",
        destination = (string?)null,
    };

    /// <summary>
    /// An agent that asks for an environment which is not there gets production's catalog, which says so, as from a real server for Puppet 7.
    /// </summary>
    private async Task CatalogAsync(HttpContext context, string name, ServedNode node, string environment)
    {
        var manifest = environment == Staging ? node.Staging : node.Manifest;
        var (compiled, text) = await _catalogs.GetOrAdd(manifest, m => new Lazy<Task<(bool, string)>>(() => CompileAsync(m))).Value;
        if (compiled)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(text
                .Replace(AnyNode, name, StringComparison.Ordinal)
                .Replace(AnyFolder, node.Managed, StringComparison.Ordinal)
                .Replace(AnyRelease, node.Release, StringComparison.Ordinal)
                .Replace("\"environment\":\"production\"", $"\"environment\":\"{environment}\"", StringComparison.Ordinal));
            return;
        }
        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        var error = text.Replace(AnyNode, name, StringComparison.Ordinal);
        await context.Response.WriteAsJsonAsync(new { message = $"Server Error: {error}", issue_kind = "RUNTIME_ERROR" });
    }

    /// <summary>What Puppet's compiler makes of a manifest for any node, or its error. A process of more than a second, so once for each manifest.</summary>
    private async Task<(bool Compiled, string Text)> CompileAsync(string manifest)
    {
        var file = Path.Combine(_folder, $"{Guid.NewGuid():n}.pp");
        await File.WriteAllTextAsync(file, $"$dir = '{AnyFolder}'\n$release = '{AnyRelease}'\n{manifest}");
        await using var compiler = PuppetRun.Start(
            light: true,
            "catalog", "compile", AnyNode, "--manifest", file, "--confdir", Path.Combine(_folder, "conf"), "--vardir", Path.Combine(_folder, "var"),
            "--facts_terminus", "memory", "--color", "false", "--render-as", "json");
        var (exitCode, said) = await compiler.EndAsync();
        var lines = said.Split('\n');
        return exitCode == 0
            ? (true, lines.Last(l => l.StartsWith('{')))
            : (false, lines.First(l => l.Contains("Evaluation Error: ", StringComparison.Ordinal))["Error: ".Length..]);
    }
}

/// <summary>How one node is served.</summary>
public sealed class ServedNode
{
    private readonly ConcurrentQueue<string> _served = new();

    /// <summary>What its catalogs of production are compiled from: <c>$dir</c> is <see cref="Managed"/>, <c>$release</c> is <see cref="Release"/>.</summary>
    public string Manifest { get; set; } = "";

    /// <summary>The same of the environment staging.</summary>
    public string Staging { get; set; } = "";

    /// <summary>The folder that its catalogs manage.</summary>
    public string Managed { get; set; } = "";

    /// <summary>What its catalogs deploy.</summary>
    public string Release { get; set; } = "";

    /// <summary>What it has asked for, in order: catalogs with the environment that it named, and reports.</summary>
    public IReadOnlyCollection<string> Served => _served;

    /// <summary>How many reports it has sent.</summary>
    public int Reports => _served.Count(s => s == "report");

    /// <summary>Before it gets a catalog.</summary>
    public Gate Catalog { get; } = new();

    /// <summary>Before its report is taken.</summary>
    public Gate Report { get; } = new();

    /// <summary>Lets everything through.</summary>
    public void Open()
    {
        Catalog.Open();
        Report.Open();
    }

    internal void Note(string what) => _served.Enqueue(what);
}

/// <summary>A place where an agent's request waits, where a test shuts it, so that the moment can be looked at.</summary>
public sealed class Gate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _open;

    /// <summary>From now on requests wait here.</summary>
    public void Shut() =>
        (_arrived, _open) = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Lets through what waits and what comes.</summary>
    public void Open() => _open?.TrySetResult();

    /// <summary>Until a request waits here.</summary>
    public Task ArrivedAsync() => _arrived.Task.WaitAsync(Patience);

    internal Task PassAsync()
    {
        _arrived.TrySetResult();
        return _open?.Task ?? Task.CompletedTask;
    }
}
