using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Progress;

/// <summary>Follows a deployment for <c>run</c> and <c>watch</c>: progress in the form asked for, the report, the exit code.</summary>
internal static class WatchedDeployment
{
    private static readonly TimeSpan LongestQuestion = TimeSpan.FromSeconds(2);

    /// <summary>Returns the exit code of the deployment's end, or 130 where the person left it while it goes on.</summary>
    /// <param name="id">The deployment's id, or a unique prefix of it.</param>
    /// <param name="carryOn">Whether to let a host that was started again take up what is unfinished.</param>
    /// <param name="after">Events up to this number are not shown.</param>
    public static async Task<int> ToTheEndAsync(HostConnection host, string id, bool carryOn, Output form, CommandContext context, long after = 0)
    {
        var following = new Following(host, id, carryOn, after, context);
        try
        {
            var end = await FollowAsync(following, form, context);
            // Lines are events, and the end is one of them.
            if (form == Output.JsonLines)
                return ExitCodes.Of(end.View);
            return context.End(
                ExitCodes.Of(end.View), form, end.Json,
                () => [Line.Empty, .. ReportText.Lines(end.View, context.Out.TableWidth, context.Clock.GetUtcNow(), context.Zone)]);
        }
        catch (OutputException e)
        {
            return await WithoutOutputAsync(host, following.Id, e, context);
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            throw following.Standstill is { } still ? LeftStanding(following.Id, still) : Left(following.Id, await AskAsync(host, following.Id, context));
        }
    }

    /// <summary>Says what was begun, and more; where the output takes no more, standard error and the exit code say that it goes on.</summary>
    /// <param name="id">What was begun.</param>
    public static async Task<int> BegunAsync(HostConnection host, string id, CommandContext context, Func<Task<int>> tell)
    {
        try
        {
            return await tell();
        }
        catch (OutputException e)
        {
            return await WithoutOutputAsync(host, id, e, context);
        }
    }

    /// <summary>The exit code of a deployment that has ended by now, whoever reads of it; otherwise it goes on unseen.</summary>
    private static async Task<int> WithoutOutputAsync(HostConnection host, string id, OutputException why, CommandContext context)
    {
        var before = why is OutputClosedException ? "" : $"{why.Message}; ";
        DeploymentView view;
        try
        {
            view = (await host.Client.GetDeploymentAsync(id, context.Interrupted)).Value;
        }
        catch (HostLostException)
        {
            throw new CommandFailedException(
                $"{before}whether deployment {id} is still running is not known: orchestrator show {id} says so", ExitCodes.Interrupted);
        }
        if (!view.State.IsEnd())
            throw Left(view.Id.Value, view, before);
        return why is OutputClosedException ? ExitCodes.Of(view) : throw new CommandFailedException(why.Message, Ending.Lost(ExitCodes.Of(view)));
    }

    private static async Task<FollowedToTheEnd> FollowAsync(Following following, Output form, CommandContext context)
    {
        using var view = ViewFor(form, context);
        using var sleep = view is LiveProgress live ? Sleep.Before(live.Leave) : null;
        return await following.ToTheEndAsync(view);
    }

    private static IProgressView ViewFor(Output form, CommandContext context)
    {
        PlainProgress Plain(Screen screen) => new(screen, new Transcript(context.Zone), context.Clock);
        return form switch
        {
            Output.JsonLines => new JsonLinesProgress(context.Out, context.Error),
            Output.Json => context.Error.IsTerminal ? Plain(context.Error) : new SilentProgress(context.Error),
            _ => context.Out.CanRedraw ? new LiveProgress(context.Out, context.Clock, context.Zone) : Plain(context.Out),
        };
    }

    /// <summary>What is known where nobody carries it on.</summary>
    private static CommandFailedException LeftStanding(string id, Standstill still) => new($"deployment {id}: {still.Why}", ExitCodes.Interrupted);

    /// <summary>What makes sense now: a person who leaves is told only what would be taken.</summary>
    /// <param name="view">Null where the host could not say in time.</param>
    private static CommandFailedException Left(string id, DeploymentView? view, string before = "") => new(
        view is { State: var end } && end.IsEnd()
            ? $"{before}deployment {id} has ended: {end.Word()}; orchestrator show {id} says more"
            : $"{before}deployment {id} is still running: orchestrator watch {id} follows it"
                + (view?.Takes(Verb.Cancel) == true ? $", orchestrator cancel {id} stops it" : ""),
        ExitCodes.Interrupted);

    private static async Task<DeploymentView?> AskAsync(HostConnection host, string id, CommandContext context)
    {
        using var late = new CancellationTokenSource(LongestQuestion, context.Clock);
        try
        {
            return (await host.Client.GetDeploymentAsync(id, late.Token)).Value;
        }
        catch (Exception e) when (e is OperationCanceledException or HostException)
        {
            return null;
        }
    }
}
