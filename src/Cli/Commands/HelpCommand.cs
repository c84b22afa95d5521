using System.CommandLine;
using Orchestrator.Cli.Parsing;

namespace Orchestrator.Cli.Commands;

/// <summary><c>help</c>: the same as <c>--help</c>, for who types it first.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    public static Command Build(RootCommand root)
    {
        var about = new Argument<string?>("COMMAND") { Arity = ArgumentArity.ZeroOrOne, Description = "the command to explain [default: all, in brief]" };
        about.CompletionSources.Add(_ => root.Subcommands.Select(c => new System.CommandLine.Completions.CompletionItem(c.Name)));
        about.HelpName = "COMMAND";
        var command = new Command(Name, "Show help, also for one command.") { about };
        command.SetAction((parsed, stop) =>
        {
            const string help = "--help";
            var word = Choices.ReadArgument(parsed, about);
            if (word is not null && UsageErrors.Find(root, word) is null)
                throw Choices.Usage(UsageErrors.UnknownCommand(word, root));
            return OrchestratorCommand.Parse(root, word is null ? [help] : [word, help]).InvokeAsync(parsed.InvocationConfiguration, stop);
        });
        return command;
    }
}
