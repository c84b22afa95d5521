using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>resume</c>: goes on with what a host that ended left unfinished, and ends a pause.</summary>
internal static class ResumeCommand
{
    public static Command Build(CommandContext context)
    {
        var id = new Argument<string?>("ID")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "only this deployment and those it waits for; also ends a pause [default: all unfinished deployments]",
        };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("resume", "Resume deployments left unfinished when their host exited; with an ID, also a paused one.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var only = Choices.ReadArgument(parsed, id);
            using var host = await HostConnection.OpenAsync(context);
            var answer = (await host.PostAsync(only is null ? HostApi.Resume : HostApi.ResumeOne(only), context.Interrupted)).Good();
            var taken = answer.Read(MessagesJson.Default.DeploymentLines);
            if (only is not null && taken.IsDefaultOrEmpty)
            {
                // Somebody carries it on: what keeps it can only be a pause.
                VerbCommand.Tell(await VerbCommand.SendAsync(host, Verb.Resume, only, new VerbRequest(context.Caller), context), form, context);
                return ExitCodes.Done;
            }
            if (form == Output.Json)
            {
                context.Out.WriteJson(answer.Body);
                return ExitCodes.Done;
            }
            if (!taken.IsDefaultOrEmpty)
                context.Out.Write(["Resumed:", .. DeploymentList.Lines(taken, context.Zone, context.Out.TableWidth)]);
            return only is null ? await TellLeftOversAsync(host, taken.IsDefaultOrEmpty, context) : await TellPauseAsync(host, only, context);
        });
        return command;
    }

    /// <summary>What stays unfinished is on fleets that this host does not reach, or cannot be read.</summary>
    private static async Task<int> TellLeftOversAsync(HostConnection host, bool nothingWasTaken, CommandContext context)
    {
        var left = (await host.GetAsync(HostApi.Host, context.Interrupted)).Good().Read(MessagesJson.Default.HostStatus).Unfinished;
        if (left.IsDefaultOrEmpty)
        {
            if (nothingWasTaken)
                context.Out.Write("Nothing to resume.");
            return ExitCodes.Done;
        }
        context.Error.Write(left.Select(d => new Line(new Span(
            $"Deployment {d.Id} was not resumed: {(IsBroken(d) ? DeploymentList.Broken(d.Id) : $"its fleet {d.Fleet} is not in the configuration")}.",
            Tone.Bad))));
        return left.All(IsBroken) ? ExitCodes.Failed : ExitCodes.Unreachable;
    }

    private static bool IsBroken(DeploymentLine line) => line.Attention == DeploymentLine.CannotBeCarriedOn;

    /// <summary>One that was paused when its host ended is paused again: a person had a reason.</summary>
    private static async Task<int> TellPauseAsync(HostConnection host, string id, CommandContext context)
    {
        var view = (await host.GetAsync(HostApi.Deployment(id), context.Interrupted)).Good().Read(MessagesJson.Default.DeploymentView);
        if (view.State == DeploymentPhase.Paused)
        {
            context.Out.Write(
                new Line(new Span($"Deployment {view.Id} is still paused ({view.Message}): orchestrator resume {view.Id} again ends the pause.", Tone.Odd)));
        }
        return ExitCodes.Done;
    }
}
