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
                command = command.Find(word) ?? command;
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
            return command.Subcommands.Count > 0 ? UnknownCommand(first, command) : Unexpected(first, command);
        if (command.Subcommands.Count > 0)
            return $"{command.FullName()} needs one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}; {See(command)}";
        if (command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }) is { } argument)
            return $"{command.FullName()} needs {argument.Name}; {See(command)}";
        var options = parsed.CommandResult.Children.OfType<OptionResult>().ToList();
        if (options.Find(o => o.Tokens.Count < o.Option.Arity.MinimumNumberOfValues) is { } bare)
            return $"{bare.Option.Name} needs a value; {See(command)}";
        if (options.Find(o => o.Option.Arity.MaximumNumberOfValues <= 1 && o.IdentifierTokenCount > 1) is { } twice)
            return $"{twice.Option.Name} was given {twice.IdentifierTokenCount} times: give it once; {See(command)}";
        return $"{parsed.Errors[0].Message.TrimEnd('.', ' ')}; {See(command)}";
    }

    public static string UnknownCommand(string word, Command parent)
    {
        var other = parent is RootCommand ? Array.Find(OtherNames, o => o.Others.Contains(word)).Command : null;
        var near = other ?? Nearest.Of(word, parent.Subcommands.SelectMany(c => c.Aliases.Append(c.Name)));
        return $"unknown command \"{$"{parent.FullName()} {word}".TrimStart()}\"{DidYouMean(near)}; {See(parent)}";
    }

    public static string Unexpected(string word, Command command) => $"unexpected argument \"{word}\"; {See(command)}";

    private static string UnknownOption(string name, RootCommand root, Command command) =>
        $"unknown option {name}{DidYouMean(Nearest.Of(name, Options(root, command).Select(o => o.Name)))}; {See(command)}";

    /// <summary>Help is the only option of all commands, and the root has no other that they share.</summary>
    private static IEnumerable<Option> Options(RootCommand root, Command command) =>
        command.Options.Concat(root.Options.Where(o => o.Recursive)).Distinct();

    private static string See(Command command) => $"see orchestrator {$"{command.FullName()} --help".TrimStart()}";

    private static string DidYouMean(string? near) => near is null ? "" : $", did you mean {near}?";
}
