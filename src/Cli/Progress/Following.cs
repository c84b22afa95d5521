using System.Threading.Channels;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Progress;

/// <summary>How a deployment ended that was followed.</summary>
/// <param name="View">As the host sees it.</param>
/// <param name="Json">The same as the host wrote it.</param>
internal sealed record FollowedToTheEnd(DeploymentView View, byte[] Json);

/// <summary>
/// Follows a deployment from its first event to its end. A broken stream is taken up after the last event seen; a host that died is
/// started again.
/// </summary>
/// <param name="host">The host of this user.</param>
/// <param name="id">The deployment's whole id.</param>
/// <param name="carryOn">Whether to let a host that was started again take up what is unfinished; false for a command that only reads.</param>
/// <param name="shownAfter">Events up to this number only tell where the deployment stands.</param>
/// <param name="surroundings">For the clock and Ctrl-C.</param>
internal sealed class Following(HostConnection host, string id, bool carryOn, long shownAfter, Surroundings surroundings)
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BeforeReconnect = TimeSpan.FromMilliseconds(200);

    private static readonly TimeSpan BetweenLooksAtHost = TimeSpan.FromSeconds(5);

    // Without an event between them. A host closes the stream of a slow reader, who may come back.
    private const int MostBreaks = 3;

    private static readonly Line FoundAgain = new(new Span("Reconnected to the host.", Tone.Odd));

    /// <summary>What the stream brings to who shows it: an event, or a word about the stream itself.</summary>
    private readonly record struct Arrival(StreamedEvent? Event, Line? Word);

    /// <summary>
    /// Shows the deployment until it ends. Throws <see cref="OperationCanceledException"/> at Ctrl-C and
    /// <see cref="CommandFailedException"/> where the host cannot be had again.
    /// </summary>
    public async Task<FollowedToTheEnd> ToTheEndAsync(IProgressView view)
    {
        var start = await ViewAsync();
        var model = ProgressModel.Of(start.View);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(surroundings.Interrupted);
        var channel = Channel.CreateBounded<Arrival>(1024);
        var pump = PumpAsync(channel.Writer, stop.Token);
        var trouble = TellTroubleAsync(channel.Writer, stop.Token);
        try
        {
            await TellUnfinishedAsync(start.View, view);
            using var timer = new PeriodicTimer(TickInterval, surroundings.Clock);
            var tick = timer.WaitForNextTickAsync(stop.Token).AsTask();
            var readable = channel.Reader.WaitToReadAsync(stop.Token).AsTask();
            view.Tick(model);
            while (true)
            {
                if (await Task.WhenAny(readable, tick) == tick)
                {
                    await tick;
                    view.Tick(model);
                    tick = timer.WaitForNextTickAsync(stop.Token).AsTask();
                    continue;
                }
                if (!await readable)
                    break;
                while (channel.Reader.TryRead(out var arrival))
                    model = Show(view, model, arrival);
                readable = channel.Reader.WaitToReadAsync(stop.Token).AsTask();
            }
            await pump;
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)pump).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await trouble.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        view.End();
        var (end, json) = await ViewAsync();
        return new FollowedToTheEnd(end, json);
    }

    /// <summary>The deployment as the host sees it now.</summary>
    public async Task<(DeploymentView View, byte[] Json)> ViewAsync()
    {
        var answer = (await host.GetAsync(HostApi.Deployment(id), surroundings.Interrupted)).Good();
        return (answer.Read(MessagesJson.Default.DeploymentView), answer.Body);
    }

    private async Task PumpAsync(ChannelWriter<Arrival> writer, CancellationToken cancellationToken)
    {
        try
        {
            var last = 0L;
            var lost = false;
            for (var breaks = 0; breaks <= MostBreaks; breaks++)
            {
                var seenBefore = last;
                try
                {
                    if (lost)
                    {
                        await Task.Delay(BeforeReconnect, surroundings.Clock, cancellationToken);
                        await FindHostAgainAsync(cancellationToken);
                        await writer.WriteAsync(new Arrival(null, FoundAgain), cancellationToken);
                        lost = false;
                    }
                    await using var stream = await host.OpenEventsAsync(id, last, cancellationToken);
                    await foreach (var happened in EventStream.ReadAsync(stream, surroundings.Clock, cancellationToken))
                    {
                        if (happened.Sequence <= last)
                            continue;
                        last = happened.Sequence;
                        await writer.WriteAsync(new Arrival(happened, null), cancellationToken);
                    }
                    if ((await ViewAsync()).View.State.IsEnd())
                    {
                        writer.Complete();
                        return;
                    }
                }
                catch (HostLostException)
                {
                    lost = true;
                }
                if (last > seenBefore)
                    breaks = 0;
            }
            throw new CommandFailedException($"the host keeps closing the event stream of deployment {id}: see its log {host.Folder.Log}", ExitCodes.Unreachable);
        }
        catch (Exception e)
        {
            writer.Complete(e);
        }
    }

    /// <summary>Says once what keeps the host from going on: a full disk lets no event come that could say it.</summary>
    private async Task TellTroubleAsync(ChannelWriter<Arrival> writer, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(BetweenLooksAtHost, surroundings.Clock);
        string? told = null;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = told;
            try
            {
                now = (await StatusAsync(cancellationToken)).Trouble;
            }
            catch (Exception e) when (e is CommandFailedException or HostLostException)
            {
                // Whoever reads the stream finds the host again.
            }
            if (now is not null && now != told)
                await writer.WriteAsync(new Arrival(null, new Line(new Span($"Deployments are blocked: {now}.", Tone.Odd))), cancellationToken);
            told = now;
        }
    }

    private ProgressModel Show(IProgressView view, ProgressModel model, Arrival arrival)
    {
        if (arrival.Word is { } word)
            view.Say(word);
        if (arrival.Event is not { } happened)
            return model;
        var after = model.After(happened.Event);
        if (happened.Sequence > shownAfter)
            view.Show(model, after, happened);
        return after;
    }

    private async Task FindHostAgainAsync(CancellationToken cancellationToken)
    {
        await host.EnsureHostAsync(cancellationToken);
        // A host that was started anew carries nothing on by itself.
        if (!carryOn || !await IsUnfinishedAsync(cancellationToken))
            return;
        var answer = await host.PostAsync(HostApi.ResumeOne(id), cancellationToken);
        // Another may have seen to its end since it was unfinished.
        if (!(await ViewAsync()).View.State.IsEnd())
            answer.Good();
    }

    private async Task TellUnfinishedAsync(DeploymentView start, IProgressView view)
    {
        if (!start.State.IsEnd() && await IsUnfinishedAsync(surroundings.Interrupted))
            view.Say(new Line(new Span($"Deployment {start.Id} is not running, its host has exited: orchestrator resume {start.Id} resumes it.", Tone.Odd)));
    }

    private async Task<bool> IsUnfinishedAsync(CancellationToken cancellationToken)
    {
        var status = await StatusAsync(cancellationToken);
        return !status.Unfinished.IsDefault && status.Unfinished.Any(d => d.Id.Value == id && !d.Active);
    }

    private async Task<HostStatus> StatusAsync(CancellationToken cancellationToken) =>
        (await host.GetAsync(HostApi.Host, cancellationToken)).Good().Read(MessagesJson.Default.HostStatus);
}
