using System.CommandLine;
using System.CommandLine.Parsing;

namespace Orchestrator.Cli.Parsing;

/// <summary>Says in one sentence what is wrong with a command line that could not be parsed.</summary>
internal static class UsageErrors
{
    private const int LongestDistance = 2;

    /// <summary>The sentence.</summary>
    public static string Of(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        if (parsed.UnmatchedTokens.FirstOrDefault(t => t.StartsWith('-')) is { } option)
            return UnknownOption(option, command);
        if (parsed.UnmatchedTokens is [var first, ..])
            return command is RootCommand
                ? $"unknown command \"{first}\"{Nearest(first, [.. command.Options.Select(o => o.Name), .. command.Subcommands.Select(c => c.Name)])}; see orchestrator --help"
                : $"unexpected argument \"{first}\"; see orchestrator {command.Name} --help";
        if (command is RootCommand)
            return $"a command is needed, one of {string.Join(", ", command.Subcommands.Select(c => c.Name))}; see orchestrator --help";
        if (command.Arguments.FirstOrDefault(a => a.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(a) is null or { Tokens.Count: 0 }) is { } argument)
            return $"{command.Name} needs {argument.Name}; see orchestrator {command.Name} --help";
        if (parsed.CommandResult.Children.OfType<OptionResult>().FirstOrDefault(o => o.Tokens.Count < o.Option.Arity.MinimumNumberOfValues) is { } bare)
            return $"{bare.Option.Name} needs a value; see orchestrator {command.Name} --help";
        return $"{parsed.Errors[0].Message.TrimEnd('.', ' ')}; see orchestrator {command.Name} --help";
    }

    /// <summary>An option that the command does not have.</summary>
    public static string UnknownOption(string option, Command command)
    {
        var name = option.Split('=')[0];
        var whole = command is RootCommand ? "orchestrator" : $"orchestrator {command.Name}";
        return $"unknown option {name}{Nearest(name, command.Options.Select(o => o.Name))}; see {whole} --help";
    }

    private static string Nearest(string word, IEnumerable<string> known)
    {
        var nearest = known.Select(k => (Word: k, Distance: Distance(word, k))).OrderBy(k => k.Distance).FirstOrDefault();
        return nearest.Word is not null && nearest.Distance <= LongestDistance ? $", did you mean {nearest.Word}?" : "";
    }

    // How many letters must be put in, left out or changed (Levenshtein).
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.Length];
    }
}
