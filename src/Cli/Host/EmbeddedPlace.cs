using System.Net.Sockets;
using System.Runtime.InteropServices;
using Orchestrator.Cli.Terminal;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>This user's own host in its state folder, which is started where none answers.</summary>
internal sealed class EmbeddedPlace(StateFolder folder) : HostPlace
{
    public StateFolder Folder => folder;

    public override string Log => $"its log {folder.Log}";

    public override Uri Address { get; } = new("http://localhost");

    public override HttpMessageHandler Handler(CommandContext context) => OverSocket(folder.Socket, context.Clock, connected =>
    {
        // Whoever listens there hears what is to be done, so it must be this user's own host.
        var problem = connected is null
            ? StateFolderGuard.ProblemOfFolder(folder) ?? StateFolderGuard.ProblemOfSocket(folder)
            : StateFolderGuard.ProblemOfListener(folder, connected);
        if (problem is not null)
            throw new CommandFailedException(problem, ExitCodes.Unreachable);
    });

    public override Task AwaitAsync(CommandContext context, Func<CancellationToken, Task<bool>> answers, bool isExpected, CancellationToken cancellationToken)
    {
        var program = HostProgram.Find(
            context.BaseFolder, context.Variable, Environment.ProcessPath, RuntimeEnvironment.GetRuntimeDirectory(), out var problem)
            ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        return Patience.SayAsync(
            context, "Starting the host", new EmbeddedHost(folder, program, context.Variables, context.Clock).StartAsync(answers, cancellationToken));
    }

    public override CommandFailedException? Explain(Exception cause) => cause is SocketException { SocketErrorCode: SocketError.AccessDenied }
        ? new CommandFailedException(
            $"the host's socket {folder.Socket} belongs to another user: set ORCHESTRATOR_STATE to a folder of yours", ExitCodes.Unreachable)
        : null;
}
