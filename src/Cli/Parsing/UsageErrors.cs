using System.CommandLine;
using System.CommandLine.Parsing;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Parsing;

/// <summary>Says in one sentence what is wrong with a command line that could not be parsed.</summary>
internal static class UsageErrors
{
    public static string Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(t => t.StartsWith('-')) is { } option)
            return UnknownOption(option, command);
        if (parsed.UnmatchedTokens is [var first, ..])
        {
            return command is RootCommand
                ? $"unknown command \"{first}\"{DidYouMean(first, [.. command.Options.Select(o => o.Name), .. command.Subcommands.Select(c => c.Name)])}; "
                    + "see orchestrator --help"
                : $"unexpected argument \"{first}\"; see orchestrator {command.Name} --help";
        }
        if (command is RootCommand)
            return $"missing command: use one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}; see orchestrator --help";
        if (command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }) is { } argument)
            return $"{command.Name} needs {argument.Name}; see orchestrator {command.Name} --help";
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => o.Tokens.Count < o.Option.Arity.MinimumNumberOfValues) is { } bare)
            return $"{bare.Option.Name} needs a value; see orchestrator {command.Name} --help";
        return $"{parsed.Errors[0].Message.TrimEnd('.', ' ')}; see orchestrator {command.Name} --help";
    }

    public static string UnknownOption(string option, Command command)
    {
        var name = option.Split('=')[0];
        var whole = command is RootCommand ? "orchestrator" : $"orchestrator {command.Name}";
        return $"unknown option {name}{DidYouMean(name, command.Options.Select(o => o.Name))}; see {whole} --help";
    }

    private static string DidYouMean(string word, IEnumerable<string> known) => Nearest.Of(word, known) is { } near ? $", did you mean {near}?" : "";
}
