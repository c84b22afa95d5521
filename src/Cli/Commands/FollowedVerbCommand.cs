using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>What <c>retry</c> and <c>rollback</c> share: after the verb a deployment goes on to a new end, which is followed as <c>run</c> does.</summary>
internal static class FollowedVerbCommand
{
    /// <param name="environment">Reads the environment to roll back to, before a host is asked anything.</param>
    /// <param name="confirm">Returns where a person means it.</param>
    public static Command Build(
        Verb verb, string description, CommandContext surroundings, Func<ParseResult, string?> environment,
        Func<ParseResult, HostConnection, string, string?, Task> confirm, params Option[] options)
    {
        var id = Choices.IdArgument();
        var detach = Choices.Flag("--detach", "return as soon as it is accepted; it continues in the background");
        var quiet = Choices.QuietOption();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command(verb.Word(), description) { id };
        foreach (var option in options.Append(detach).Append(quiet).Append(output))
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var context = Choices.ReadQuiet(parsed, quiet, form, surroundings);
            var name = Choices.ReadId(parsed, id);
            var asked = new VerbRequest(Environment: environment(parsed));
            using var host = await HostConnection.OpenAsync(context);
            await confirm(parsed, host, name, asked.Environment);
            var answer = await host.SendAsync(name, verb, asked);
            var done = answer.Value;
            var isDetached = parsed.GetValue(detach);
            return await WatchedDeployment.BegunAsync(host, done.Id.Value, context, async () =>
            {
                if (form == Output.Text)
                    context.Out.Write(VerbCommand.Done(done));
                else if (isDetached)
                    context.Out.WriteJson(answer.Json.Span);
                return isDetached
                    ? ExitCodes.Done
                    : await WatchedDeployment.ToTheEndAsync(
                        host, done.Id.Value, carryOn: true, form, context, done.Changed ? done.Sequence - 1 : done.Sequence);
            });
        });
        return command;
    }
}
