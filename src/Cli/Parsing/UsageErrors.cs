using System.CommandLine;
using System.CommandLine.Parsing;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Parsing;

/// <summary>Says in one sentence what is wrong with a command line, and names the word that is wrong.</summary>
internal static class UsageErrors
{
    /// <summary>What other tools call our commands.</summary>
    private static readonly (string Command, string[] Others)[] OtherNames =
    [
        ("run", ["apply", "deploy", "start"]), ("plan", ["validate", "diff"]), ("list", ["ls", "ps"]), ("show", ["status", "get", "describe"]),
        ("events", ["log", "logs", "history"]), ("watch", ["follow"]), ("abandon", ["kill"]), ("rollback", ["undo"]), ("resume", ["continue", "unpause"]),
        ("release", ["enable", "unlock"]), ("hold", ["disable", "lock"]), ("config", ["ping"]),
    ];

    /// <summary>
    /// What is wrong with the first word that begins as an option and is none of the command's, or a flag with a value; null where there is none. The parser
    /// would take it for an argument, or for the value of the option before it, and find fault with a word after it. What follows a <c>--</c> is no option, and
    /// neither is the value of an option.
    /// </summary>
    public static string? OfOptions(RootCommand root, IReadOnlyList<string> arguments)
    {
        Command command = root;
        for (var i = 0; i < arguments.Count && arguments[i] != "--"; i++)
        {
            var word = arguments[i];
            if (word.Length < 2 || word[0] != '-')
            {
                if (command is RootCommand && Find(root, word) is { } found)
                    command = found;
                continue;
            }
            var end = word.IndexOfAny(['=', ':']);
            var name = end < 0 ? word : word[..end];
            if (Options(root, command).FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name)) is not { } option)
                return UnknownOption(name, root, command);
            if (end >= 0 && option.Arity.MaximumNumberOfValues == 0)
                return $"{name} takes no value; {See(command)}";
            if (end < 0 && option.Arity.MinimumNumberOfValues > 0)
                i++;
        }
        return null;
    }

    public static string Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens is [var first, ..])
            return command is RootCommand root ? UnknownCommand(first, root) : $"unexpected argument \"{first}\"; {See(command)}";
        if (command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }) is { } argument)
            return $"{command.Name} needs {argument.Name}; {See(command)}";
        var options = parsed.CommandResult.Children.OfType<OptionResult>().ToList();
        if (options.Find(o => o.Tokens.Count < o.Option.Arity.MinimumNumberOfValues) is { } bare)
            return $"{bare.Option.Name} needs a value; {See(command)}";
        if (options.Find(o => o.Option.Arity.MaximumNumberOfValues <= 1 && o.IdentifierTokenCount > 1) is { } twice)
            return $"{twice.Option.Name} was given {twice.IdentifierTokenCount} times: give it once; {See(command)}";
        return $"{parsed.Errors[0].Message.TrimEnd('.', ' ')}; {See(command)}";
    }

    public static string UnknownCommand(string word, RootCommand root)
    {
        var near = Array.Find(OtherNames, o => o.Others.Contains(word)).Command ?? Nearest.Of(word, root.Subcommands.SelectMany(c => c.Aliases.Append(c.Name)));
        return $"unknown command \"{word}\"{DidYouMean(near)}; {See(root)}";
    }

    /// <summary>A command by its name or alias; null where there is none.</summary>
    public static Command? Find(RootCommand root, string word) => root.Subcommands.FirstOrDefault(c => c.Name == word || c.Aliases.Contains(word));

    private static string UnknownOption(string name, RootCommand root, Command command) =>
        $"unknown option {name}{DidYouMean(Nearest.Of(name, Options(root, command).Select(o => o.Name)))}; {See(command)}";

    /// <summary>Help is the only option of all commands, and the root has no other that they share.</summary>
    private static IEnumerable<Option> Options(RootCommand root, Command command) =>
        command.Options.Concat(root.Options.Where(o => o.Recursive)).Distinct();

    private static string See(Command command) => $"see orchestrator {(command is RootCommand ? "" : $"{command.Name} ")}--help";

    private static string DidYouMean(string? near) => near is null ? "" : $", did you mean {near}?";
}
