using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>
/// Reads a journal through the host's program, but without a host: that works while one is running, and where none can start because the journal is damaged.
/// </summary>
internal static class JournalProgram
{
    /// <summary>The journal of this user's host.</summary>
    public static string JournalOf(CommandContext context)
    {
        var folder = StateFolder.Locate(context.Variable, out var problem) ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        return StateFolderGuard.ProblemOfFolder(folder) is { } open ? throw new CommandFailedException(open, ExitCodes.Unreachable) : folder.Journal;
    }

    /// <summary>Runs the program and gives on what it answers. Throws <see cref="CommandFailedException"/> with its sentence where it refuses.</summary>
    public static Task ReadAsync(CommandContext context, Stream answer, params string[] arguments) =>
        HostTool.RunAsync(context, output => output.CopyToAsync(answer), "the journal cannot be read", arguments);
}
