using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Network.Bench;
using Orchestrator.Testing;

namespace Orchestrator.Service.Bench;

/// <summary>A host's process, started as a service, with emulated fleets.</summary>
internal sealed class BenchService : IAsyncDisposable
{
    private readonly Sandbox _sandbox;
    private readonly RunningCommand _process;
    private readonly int _processId;

    private BenchService(Sandbox sandbox, RunningCommand process)
    {
        (_sandbox, _process, _processId) = (sandbox, process, sandbox.HostProcess!.Value);
        Client = new OrchestratorClient(HostEndpoint.Socket(sandbox.Socket));
    }

    public OrchestratorClient Client { get; }

    public string Folder => _sandbox.Folder;

    /// <param name="policy">Who may do what.</param>
    /// <param name="prepare">Writes into the journal's file before the host starts; null for nothing.</param>
    public static async Task<BenchService> StartAsync(string policy = "", Func<string, Task>? prepare = null)
    {
        // As a service has it, not as tests have it, whose hosts live for seconds.
        var sandbox = new Sandbox(("DOTNET_TC_CallCounting", "1"));
        Directory.CreateDirectory(sandbox.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (prepare is not null)
            await prepare(sandbox.Journal);
        sandbox.Write("policy", policy);
        var file = sandbox.Write("host.yaml", "policy: policy\nstreams-at-once: 2000\n");
        var process = sandbox.StartProgram(Sandbox.Dotnet, Sandbox.HostLibrary, "--config", file, "--log-to", "console,file");
        await process.SaysAsync(" is listening on ");
        return new BenchService(sandbox, process);
    }

    public Usage Usage => Usage.Of(_processId);

    /// <summary>For requests whose bytes are enough. Each that is under way has a connection.</summary>
    /// <param name="token">Who asks; null for the user of this process, who may do everything.</param>
    public HttpClient Connect(string? token = null)
    {
        var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(_sandbox.Socket), cancellationToken);
                return new NetworkStream(connection, ownsSocket: true);
            },
        })
        { BaseAddress = new Uri("http://localhost") };
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return http;
    }

    /// <summary>Plans a deployment of the nodes from one number on, in one group.</summary>
    public async Task<PlanId> PlanAsync(int first, int nodes)
    {
        var components = string.Join(',', Enumerable.Range(first, nodes).Select(
            n => string.Create(CultureInfo.InvariantCulture, $"\"Load::Node[{n}]\":{{\"node\":\"n{n:d5}.example.net\"}}")));
        var site = $"{{\"environment\":\"production\",\"applications\":{{\"Load[{first}]\":{{{components}}}}}}}";
        return (await Client.PlanToRunAsync(new PlanRequest(Encoding.UTF8.GetBytes(site), "site.json", null, []))).Value.Id;
    }

    public async Task<string> RunAsync(PlanId plan, string scenario)
    {
        var fleet = new FleetChoice(true, Encoding.UTF8.GetBytes(scenario), "scenario");
        return (await Client.RunAsync(new RunRequest(plan, new DeploymentOptions(), fleet, NoWait: true))).Value.Id.Value;
    }

    /// <summary>Runs one whose nodes are applying, which they do for hours.</summary>
    public async Task<string> RunLongAsync()
    {
        var id = await RunAsync(await PlanAsync(1, 4), "defaults: { run: 5h, start-lag: 0s }");
        await _sandbox.HappenedAsync(id, "runs-began");
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
        await _sandbox.DisposeAsync();
    }
}
