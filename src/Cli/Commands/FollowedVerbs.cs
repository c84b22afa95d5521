using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>Verbs after which a deployment goes on to a new end, which is followed as <c>run</c> does: <c>retry</c> and <c>rollback</c>.</summary>
internal static class FollowedVerbs
{
    /// <summary><c>retry</c>.</summary>
    public static Command Retry(Surroundings surroundings) => Followed(
        Verb.Retry,
        "Rerun failed, unreachable and skipped nodes in the same order, as a new attempt, and follow it.",
        surroundings,
        _ => null,
        (_, _, _, _) => Task.CompletedTask);

    /// <summary><c>rollback</c>.</summary>
    public static Command Rollback(Surroundings surroundings)
    {
        var environment = Choices.Value("--rollback-environment", "ENV", "the Puppet environment known to be good [default: the one given to run]");
        var yes = Choices.Flag("--yes", "roll back without asking");
        return Followed(
            Verb.Rollback,
            "Rerun every node that ran, last group first, in another Puppet environment, and follow it. A running deployment is stopped first. "
            + $"Afterwards the nodes stay disabled until orchestrator release: {VerbCommands.OwnPuppet}.",
            surroundings,
            parsed => Choices.ReadText(parsed, environment) is not { } name ? null : OptionRules.ProblemOf(environment.Name, name) is { } problem ? throw Choices.Usage(problem) : name,
            (parsed, host, id, name) => parsed.GetValue(yes) ? Task.CompletedTask : VerbCommands.ConfirmAsync(host, id, Consequences(name), "roll it back", surroundings),
            environment, yes);
    }

    private static IEnumerable<string> Consequences(string? environment) =>
    [
        $"Nothing new starts and running nodes finish; then every node that ran runs again, last group first, in {environment ?? "the environment given to run"}.",
        $"Afterwards the nodes stay disabled until orchestrator release: {VerbCommands.OwnPuppet}.",
    ];

    /// <param name="verb">Which.</param>
    /// <param name="description">For its help.</param>
    /// <param name="surroundings">Where it runs.</param>
    /// <param name="environment">Reads the environment to roll back to, before a host is asked anything.</param>
    /// <param name="confirm">Returns where a person means it.</param>
    /// <param name="options">Its own options.</param>
    private static Command Followed(
        Verb verb, string description, Surroundings surroundings, Func<ParseResult, string?> environment, Func<ParseResult, HostConnection, string, string?, Task> confirm, params Option[] options)
    {
        var id = ReadingCommands.IdArgument();
        var detach = Choices.Flag("--detach", "return as soon as it is accepted; it continues in the background");
        var output = Choices.OutputOption(withLines: true);
        var command = new Command(VerbCommands.WordOf(verb), description) { id };
        foreach (var option in options.Append(detach).Append(output))
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = ReadingCommands.ReadId(parsed, id);
            var asked = new VerbRequest(surroundings.Caller, Environment: environment(parsed));
            using var host = await HostConnection.OpenAsync(surroundings);
            await confirm(parsed, host, name, asked.Environment);
            var before = parsed.GetValue(detach) ? 0 : await LastEventAsync(host, name, surroundings);
            var answer = await VerbCommands.SendAsync(host, verb, name, asked, surroundings);
            var done = answer.Read(MessagesJson.Default.VerbDone);
            if (parsed.GetValue(detach))
            {
                VerbCommands.Tell(answer, form == Output.Text ? form : Output.Json, surroundings);
                return ExitCodes.Done;
            }
            if (form == Output.Text)
                VerbCommands.Tell(answer, form, surroundings);
            return await WatchedDeployment.ToTheEndAsync(host, done.Id.Value, carryOn: true, form, surroundings, done.Changed ? before : 0);
        });
        return command;
    }

    /// <summary>The number of the newest event: what the verb leads to comes after it.</summary>
    private static async Task<long> LastEventAsync(HostConnection host, string id, Surroundings surroundings)
    {
        var events = (await host.GetAsync(HostApi.Events(id), surroundings.Interrupted)).Good().Read(CliJson.Default.JsonElement);
        return events is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() is > 0 and var count && list[count - 1].TryGetProperty("sequence", out var last) && last.TryGetInt64(out var number)
            ? number
            : 0;
    }
}
