using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>
/// Tells that a command failed: people by a sentence on standard error; with <c>--output json</c> programs too, by the document on standard output. With
/// <c>jsonl</c> standard output has events alone, so that the document is the line on standard error.
/// </summary>
internal static class FailureText
{
    private static readonly string[] Names = ["--output", "-o"];

    /// <summary>What was asked for, also by a command line that is wrong elsewhere.</summary>
    public static Output FormOf(IReadOnlyList<string> arguments)
    {
        for (var i = 0; i < arguments.Count && arguments[i] != "--"; i++)
        {
            var name = Array.Find(Names, n => arguments[i] == n || arguments[i].StartsWith($"{n}=", StringComparison.Ordinal));
            var value = name is null ? null : arguments[i] != name ? arguments[i][(name.Length + 1)..] : i + 1 < arguments.Count ? arguments[i + 1] : null;
            if (value is not null)
                return value switch { "json" => Output.Json, "jsonl" => Output.JsonLines, _ => Output.Text };
        }

        return Output.Text;
    }

    public static void Write(CommandContext context, Output form, string sentence, int exitCode, ApiProblem? problem)
    {
        var json = form == Output.Text ? [] : JsonSerializer.SerializeToUtf8Bytes(
            new CommandError(new CommandErrorBody(
                sentence, exitCode, problem?.Code, problem?.Deployments, problem?.Nodes, problem?.Verbs, problem?.Fleet, problem?.Difference)),
            CliJson.Plain.CommandError);
        if (form == Output.Json)
            Try(() => context.Out.WriteJson(json));
        if (form == Output.JsonLines)
            Try(() => context.Error.WriteJson(json));
        else
            Try(() => context.Error.Write(new Line(new Span("orchestrator: ", Tone.Bad), sentence)));
    }

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (IOException)
        {
            // Nobody reads that either.
        }
    }
}
