using System.CommandLine;

namespace Orchestrator.Cli.Parsing;

/// <summary>Commands of commands, such as <c>policy test</c>.</summary>
internal static class CommandNames
{
    /// <summary>What is typed after <c>orchestrator</c>; empty for the whole command line.</summary>
    public static string FullName(this Command command) =>
        command is RootCommand ? "" : $"{command.Parents.OfType<Command>().First().FullName()} {command.Name}".TrimStart();

    /// <summary>A command by its name or alias; null where there is none.</summary>
    public static Command? Find(this Command parent, string word) => parent.Subcommands.FirstOrDefault(c => c.Name == word || c.Aliases.Contains(word));

    /// <summary>The commands that do something, this one or those below it.</summary>
    public static IEnumerable<Command> Leaves(this Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Leaves);
}
