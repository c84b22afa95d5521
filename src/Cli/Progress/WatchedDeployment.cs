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
    /// <param name="host">The host of this user.</param>
    /// <param name="id">The deployment's id, or a unique prefix of it.</param>
    /// <param name="carryOn">Whether to let a host that was started again take up what is unfinished.</param>
    /// <param name="form">How progress and end are shown.</param>
    /// <param name="surroundings">Where.</param>
    /// <param name="after">Events up to this number are not shown.</param>
    public static async Task<int> ToTheEndAsync(HostConnection host, string id, bool carryOn, Output form, Surroundings surroundings, long after = 0)
    {
        var following = new Following(host, id, carryOn, after, surroundings);
        try
        {
            var end = await FollowAsync(following, form, surroundings);
            if (form == Output.Text)
                surroundings.Out.Write([Line.Empty, .. ReportText.Lines(end.View, surroundings.Out.TableWidth, surroundings.Clock.GetUtcNow())]);
            else
                surroundings.Out.WriteJson(end.Json);
            return ExitCodes.Of(end.View);
        }
        catch (OutputClosedException)
        {
            throw Left(following.Id);
        }
        catch (OperationCanceledException) when (surroundings.Interrupted.IsCancellationRequested)
        {
            throw Left(following.Id);
        }
    }

    private static async Task<FollowedToTheEnd> FollowAsync(Following following, Output form, Surroundings surroundings)
    {
        using var view = ViewFor(form, surroundings);
        using var sleep = view is LiveProgress live ? Sleep.Before(live.Leave) : null;
        return await following.ToTheEndAsync(view);
    }

    private static IProgressView ViewFor(Output form, Surroundings surroundings)
    {
        PlainProgress Plain(Screen screen) => new(screen, new Transcript(surroundings.Zone), surroundings.Clock);
        return form switch
        {
            Output.JsonLines => new JsonLinesProgress(surroundings.Out, surroundings.Error),
            Output.Json => surroundings.Error.IsTerminal ? Plain(surroundings.Error) : new SilentProgress(surroundings.Error),
            _ => surroundings.Out.CanRedraw ? new LiveProgress(surroundings.Out, surroundings.Clock) : Plain(surroundings.Out),
        };
    }

    private static CommandFailedException Left(string id) => new(
        $"deployment {id} is still running: orchestrator watch {id} follows it, orchestrator cancel {id} stops it", ExitCodes.Interrupted);
}
