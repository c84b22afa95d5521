using System.CommandLine;
using System.CommandLine.Invocation;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>version</c>, and <c>--version</c>, which does the same.</summary>
internal static class VersionCommand
{
    public static Command Build(CommandContext context)
    {
        var command = new Command("version", "Show the version.");
        command.SetAction(new Shown(context).Invoke);
        return command;
    }

    internal sealed class Shown(CommandContext context) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult) => context.End(ExitCodes.Done, () => [ProductVersion.Current]);
    }
}
