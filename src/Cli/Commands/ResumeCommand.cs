using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>resume</c>: goes on with what a host that ended left unfinished, and ends a pause.</summary>
internal static class ResumeCommand
{
    public static Command Build(CommandContext surroundings)
    {
        var id = new Argument<string?>("ID")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "only this deployment and those it waits for; also ends a pause [default: all unfinished deployments]",
        };
        var quiet = Choices.QuietOption();
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("resume", "Resume deployments left unfinished when their host exited; with an ID, also a paused one.") { id, quiet, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var context = Choices.ReadQuiet(parsed, quiet, form, surroundings);
            var only = Choices.ReadOptionalId(parsed, id);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await (only is null ? host.Client.ResumeAllAsync(context.Interrupted) : host.Client.ResumeAsync(only, context.Interrupted));
            var taken = answer.Value;
            // Somebody carries it on: what keeps it can only be a pause.
            if (only is not null && taken.IsDefaultOrEmpty)
                return VerbCommand.End(await host.SendAsync(only, Verb.Resume), form, context);
            var left = only is null ? await LeftAsync(host, context) : [];
            var pause = only is null ? null : await PauseAsync(host, only, context);
            var exitCode = left.IsDefaultOrEmpty ? ExitCodes.Done : left.All(IsBroken) ? ExitCodes.Failed : ExitCodes.Unreachable;
            return Ending.Say(
                () =>
                {
                    if (form == Output.Json)
                        context.Out.WriteJson(answer.Json.Span);
                    else if (!taken.IsDefaultOrEmpty)
                        context.Out.Write(["Resumed:", .. DeploymentList.Lines(taken, context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth)]);
                    else if (left.IsDefaultOrEmpty)
                        context.Out.Write("Nothing to resume.");
                    if (form == Output.Text && pause is not null)
                        context.Out.Write(pause);
                    context.Error.Write(left.Select(NotResumed));
                },
                exitCode);
        });
        return command;
    }

    /// <summary>What stays unfinished is on fleets that this host does not reach, or cannot be read.</summary>
    private static async Task<ImmutableArray<DeploymentLine>> LeftAsync(HostConnection host, CommandContext context) =>
        (await host.Client.GetStatusAsync(cancellationToken: context.Interrupted)).Value.Unfinished;

    private static Line NotResumed(DeploymentLine line) => new(new Span(
        $"Deployment {line.Id} was not resumed: {(IsBroken(line) ? DeploymentList.Broken(line.Id) : $"its fleet {line.Fleet} is not in the configuration")}.",
        Tone.Bad));

    private static bool IsBroken(DeploymentLine line) => line.Attention == DeploymentLine.CannotBeCarriedOn;

    /// <summary>One that was paused when its host ended is paused again: a person had a reason.</summary>
    private static async Task<Line?> PauseAsync(HostConnection host, string id, CommandContext context)
    {
        var view = (await host.Client.GetDeploymentAsync(id, context.Interrupted)).Value;
        return view.State == DeploymentPhase.Paused
            ? new Line(new Span($"Deployment {view.Id} is still paused ({view.Message}): orchestrator resume {view.Id} again ends the pause.", Tone.Odd))
            : null;
    }
}
