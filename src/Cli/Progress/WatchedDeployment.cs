using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Progress;

/// <summary>Follows a deployment for <c>run</c> and <c>watch</c>: progress in the form asked for, the report, the exit code.</summary>
internal static class WatchedDeployment
{
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
            if (form == Output.Text)
                context.Out.Write([Line.Empty, .. ReportText.Lines(end.View, context.Out.TableWidth, context.Clock.GetUtcNow())]);
            else
                context.Out.WriteJson(end.Json);
            return ExitCodes.Of(end.View);
        }
        catch (OutputClosedException)
        {
            throw Left(following.Id);
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            throw Left(following.Id);
        }
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
            _ => context.Out.CanRedraw ? new LiveProgress(context.Out, context.Clock) : Plain(context.Out),
        };
    }

    private static CommandFailedException Left(string id) => new(
        $"deployment {id} is still running: orchestrator watch {id} follows it, orchestrator cancel {id} stops it", ExitCodes.Interrupted);
}
