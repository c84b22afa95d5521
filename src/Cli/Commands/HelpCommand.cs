using System.CommandLine;
using Orchestrator.Cli.Parsing;

namespace Orchestrator.Cli.Commands;

/// <summary><c>help</c>: the same as <c>--help</c>, for who types it first.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    public static Command Build(RootCommand root)
    {
        var about = new Argument<string[]>("COMMAND") { Arity = new ArgumentArity(0, 2), Description = "the command to explain [default: all, in brief]" };
        about.CompletionSources.Add(_ => root.Subcommands.Select(c => new System.CommandLine.Completions.CompletionItem(c.Name)));
        about.HelpName = "COMMAND";
        var command = new Command(Name, "Show help, also for one command.") { about };
        command.SetAction((parsed, stop) =>
        {
            const string help = "--help";
            Command explained = root;
            foreach (var word in parsed.GetValue(about) ?? [])
            {
                explained = explained.Find(word) ?? throw Choices.Usage(explained.Subcommands.Count > 0
                    ? UsageErrors.UnknownCommand(word, explained)
                    : UsageErrors.Unexpected(word, command));
            }
            string[] arguments = [.. explained.FullName().Split(' ', StringSplitOptions.RemoveEmptyEntries), help];
            return OrchestratorCommand.Parse(root, arguments).InvokeAsync(parsed.InvocationConfiguration, stop);
        });
        return command;
    }
}
