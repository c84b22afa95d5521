using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Terminal;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>export</c>: one deployment as JSON lines, with all that <c>import</c> needs.</summary>
internal static class ExportCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.IdArgument();
        var command = new Command(
            "export",
            "Write a deployment's plan and history to standard output as JSON lines, as the journal has them. Works while a host is running, "
            + "and with a journal that a host refuses.") { id };
        command.SetAction(async (parsed, _) =>
        {
            var name = Choices.ReadId(parsed, id);
            try
            {
                using var lines = context.Out.JsonLines();
                await JournalProgram.ReadAsync(context, lines, "export", JournalProgram.JournalOf(context), name);
            }
            catch (OutputClosedException e)
            {
                throw new CommandFailedException($"{e.Message}: the export is incomplete", ExitCodes.Interrupted);
            }
            return ExitCodes.Done;
        });
        return command;
    }
}
