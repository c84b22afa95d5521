using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Parsing;

/// <summary>Options that several commands share, and the reading of their values. A value that will not do ends the command as usage.</summary>
internal static class Choices
{
    public static Option<string?> Value(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    public static Option<bool> Flag(string name, string description)
    {
        var flag = new Option<bool>(name) { Description = description, Arity = ArgumentArity.Zero };
        if (name == "--yes")
            flag.Aliases.Add("-y");
        return flag;
    }

    public static Option<string[]> List(string name, string value, string description) => new(name) { HelpName = value, Description = description };

    public static Option<bool> QuietOption()
    {
        var quiet = Flag("--quiet", "print nothing but warnings and errors; the exit code tells the result");
        quiet.Aliases.Add("-q");
        return quiet;
    }

    /// <summary>The surroundings as the command line wants them: JSON is printed all the same, because it was asked for.</summary>
    public static CommandContext ReadQuiet(ParseResult parsed, Option<bool> quiet, Output form, CommandContext context) =>
        parsed.GetValue(quiet) && form == Output.Text ? context.Quiet() : context;

    public static Option<string?> OutputOption(bool withLines) => withLines
        ? OutputOption("text for people, json for one document, jsonl for one event per line [default: text]", "text", "json", "jsonl")
        : OutputOption("text for people, json for programs [default: text]", "text", "json");

    public static Option<string?> OutputOption(string description, params string[] forms)
    {
        var option = Value("--output", string.Join('|', forms), description);
        option.Aliases.Add("-o");
        option.CompletionSources.Add(forms);
        return option;
    }

    public static Output ReadOutput(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null or "text" => Output.Text,
        "json" => Output.Json,
        "jsonl" when option.HelpName!.Contains("jsonl", StringComparison.Ordinal) => Output.JsonLines,
        "site" when option.HelpName!.Contains("site", StringComparison.Ordinal) => Output.Site,
        var other => throw Usage($"--output must be one of {option.HelpName!.Replace("|", ", ", StringComparison.Ordinal)}, not \"{other}\""),
    };

    public static Option<bool> FullPlan() => Flag("--full", $"show every node, even of a plan with more than {Reports.PlanText.FewNodes}");

    /// <summary>The value of an option for a length of time, or what stands where it is left out.</summary>
    public static TimeSpan ReadTime(ParseResult parsed, Option<string?> option, TimeSpan otherwise, bool orNothing = false)
    {
        if (parsed.GetValue(option) is not { } text)
            return otherwise;
        return Times.TryParse(text, out var time, out var problem, orNothing) ? time : throw Usage($"{option.Name}: {problem}");
    }

    /// <summary>The value of <c>--batch</c>; null where it is left out.</summary>
    public static BatchSizes? ReadBatch(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text => BatchSizes.TryParse(text, out var sizes, out var problem) ? sizes : throw Usage($"--batch: {problem}"),
    };

    /// <summary>The value of an option for a whole number of at least one; null where it is left out.</summary>
    /// <param name="what">What it should be, such as "a number of nodes".</param>
    public static int? ReadNumber(ParseResult parsed, Option<string?> option, string what) => parsed.GetValue(option) switch
    {
        null => null,
        var text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw Usage($"{option.Name}: \"{text}\" is not {what} (1 or more)"),
    };

    /// <summary>The value of an option that knows some words; null where it is left out.</summary>
    public static string? ReadWord(ParseResult parsed, Option<string?> option, params string[] known)
    {
        var word = parsed.GetValue(option);
        return word is null || known.Contains(word) ? word : throw Usage($"{option.Name} must be one of {string.Join(", ", known)}, not \"{word}\"");
    }

    /// <summary>The values of an option that may be repeated; null where it is left out.</summary>
    public static string[]? ReadList(ParseResult parsed, Option<string[]> option) => parsed.GetValue(option) switch
    {
        null or [] => null,
        var values => values.Any(string.IsNullOrWhiteSpace) ? throw Usage($"{option.Name} must not be empty") : values,
    };

    /// <summary>The value of a text option that may be left out, but not be empty.</summary>
    public static string? ReadText(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is not { } text ? null : string.IsNullOrWhiteSpace(text) ? throw Usage($"{option.Name} must not be empty") : text;

    /// <summary>An argument of a parse.</summary>
    public static string? ReadArgument(ParseResult parsed, Argument<string?> argument) => parsed.GetValue(argument) switch
    {
        "" => throw Usage($"{argument.Name} must not be empty"),
        var text => text,
    };

    /// <summary>The values of an option that takes several, separated by commas or by repeating it; null where it is left out.</summary>
    public static string[]? ReadValues(ParseResult parsed, Option<string[]> option)
    {
        if (ReadList(parsed, option) is not { } given)
            return null;
        string[] values = [.. given.SelectMany(v => v.Split(',', StringSplitOptions.TrimEntries))];
        return values.Contains("") ? throw Usage($"{option.Name} must not have an empty entry") : values;
    }

    /// <summary>The values of an option that takes several of some words, for which <c>-</c> may stand for a blank; null where it is left out.</summary>
    public static string[]? ReadWords(ParseResult parsed, Option<string[]> option, IReadOnlyList<string> known) =>
        ReadValues(parsed, option)?.Select(v => known.FirstOrDefault(k => k == v || k.Replace(' ', '-') == v) ?? throw Usage(
            $"{option.Name}: unknown \"{v}\"{(Nearest.Of(v, known) is { } near ? $", did you mean {near}?" : $": use some of {string.Join(", ", known)}")}"))
            .ToArray();

    /// <summary>The value of an option for a moment: an age such as <c>2h</c>, or a date with or without a time; null where it is left out.</summary>
    public static DateTimeOffset? ReadSince(ParseResult parsed, Option<string?> option, CommandContext context) => parsed.GetValue(option) switch
    {
        null => null,
        var text when Times.TryParseAge(text, out var age, out _) => context.Clock.GetUtcNow() - age,
        var text when Times.TryParseMoment(text, context.Zone, out var at) => at,
        var text => throw Usage($"{option.Name}: \"{text}\" is neither an age nor a date: write for example 90d, 12h or 2026-01-31"),
    };

    public static Argument<string?> IdArgument() =>
        new("ID") { Arity = ArgumentArity.ExactlyOne, Description = "the deployment's id, or a unique prefix of it" };

    /// <summary>An id that may be left out.</summary>
    public static Argument<string?> LatestIdArgument() => new("ID")
    {
        Arity = ArgumentArity.ZeroOrOne,
        Description = "the deployment's id, or a unique prefix of it; latest for the newest [default: latest]",
    };

    /// <summary>The id of a deployment that something is done with: whoever types <c>latest</c> may mean another than the newest by then.</summary>
    public static string ReadId(ParseResult parsed, Argument<string?> id) => ReadOptionalId(parsed, id)!;

    /// <summary>The same where it may be left out; null then.</summary>
    public static string? ReadOptionalId(ParseResult parsed, Argument<string?> id) => ReadArgument(parsed, id) is not Commands.Latest.Word and var name
        ? name
        : throw Usage("latest stands for an id in show, watch, events and why only; see orchestrator list");

    public static CommandFailedException Usage(string sentence) => new(sentence, ExitCodes.Usage);
}
