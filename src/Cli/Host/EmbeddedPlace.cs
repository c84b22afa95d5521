using System.Runtime.InteropServices;
using Orchestrator.Cli.Terminal;
using Orchestrator.Client;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>This user's own host in its state folder, which is started where none answers.</summary>
internal sealed class EmbeddedPlace(StateFolder folder) : HostPlace
{
    public StateFolder Folder => folder;

    public override HostEndpoint Endpoint { get; } = HostEndpoint.OwnHost(folder);

    public override Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<HostException?>> lost, bool isExpected, CancellationToken cancellationToken)
    {
        var program = HostProgram.Find(
            context.BaseFolder, context.Variable, Environment.ProcessPath, RuntimeEnvironment.GetRuntimeDirectory(), out var problem)
            ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        return Patience.SayAsync(
            context, "Starting the host",
            new EmbeddedHost(folder, program, context.Variables, context.Clock).StartAsync(async token => await lost(token) is null, cancellationToken));
    }
}
