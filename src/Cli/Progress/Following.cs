using System.Diagnostics;
using System.Threading.Channels;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Progress;

/// <summary>How a deployment ended that was followed.</summary>
/// <param name="Json">The same as the host wrote it.</param>
internal sealed record FollowedToTheEnd(DeploymentView View, ReadOnlyMemory<byte> Json);

/// <summary>
/// Follows a deployment to its end: from where it stands, which the host says once, on by its events. A broken stream is taken up after the last event seen;
/// a host that died is started again.
/// </summary>
/// <param name="id">The deployment's id, or a unique prefix of it.</param>
/// <param name="carryOn">Whether to let a host that was started again take up what is unfinished; false for a command that only reads.</param>
/// <param name="after">Who shows events shows those after this number.</param>
internal sealed class Following(HostConnection host, string id, bool carryOn, long after, CommandContext context)
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan BeforeReconnect = TimeSpan.FromMilliseconds(200);

    // Without an event between them: each time there was a host again.
    private const int MostBreaks = 3;

    // Of more nodes it would take the host seconds to read how long their runs took.
    private const int MostNodesWithTimes = 5000;

    private static readonly TimeSpan BetweenKnocks = TimeSpan.FromSeconds(10);
    private const string NoAnswer = "the host does not answer: what it had begun at nodes goes on, and nobody watches it until it answers again";
    private static readonly Line NotAnswering = new(new Span($"{NoAnswer.Replace("the host", "The host", StringComparison.Ordinal)}.", Tone.Bad));
    private static readonly Line AnswersAgain = new(new Span("The host answers again.", Tone.Odd));
    private static readonly Line FoundAgain = new(new Span("Reconnected to the host.", Tone.Odd));

    /// <summary>What the stream brings to who shows it: an event, a word about the stream itself, or whether anybody carries the deployment on.</summary>
    private readonly record struct Arrival(HistoryEvent? Event, Line? Word, bool IsAboutStanding = false, Standstill? Standstill = null);

    private StreamNotice _told = StreamNotice.AllIsWell with { Trouble = host.Trouble };

    /// <summary>Another host is asked once to take it up.</summary>
    private bool _mayResume;

    /// <summary>Why nothing is known to go on; null where somebody carries the deployment on, as far as the host said.</summary>
    public Standstill? Standstill { get; private set; }

    /// <summary>The deployment's id: the whole of it once the host has said where it stands.</summary>
    public string Id { get; private set; } = id;

    /// <summary>
    /// Shows the deployment until it ends. Throws <see cref="OperationCanceledException"/> at Ctrl-C and
    /// <see cref="CommandFailedException"/> where the host cannot be had again.
    /// </summary>
    public async Task<FollowedToTheEnd> ToTheEndAsync(IProgressView view)
    {
        var model = await WhereItStandsAsync(view.ShowsEvents ? after : null);
        Id = model.Id.Value;
        // Its end may be in its history where its host died before it said so: no stream of events would end.
        if (!view.ShowsEvents && model.Doing.IsEnd() && await ViewAsync() is var ended && ended.View.State.IsEnd())
        {
            view.Tick(model);
            view.End();
            return ended;
        }
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupted);
        var channel = Channel.CreateBounded<Arrival>(1024);
        var pump = PumpAsync(channel.Writer, model.Sequence, stop.Token);
        var usual = view.ShowsUsualTimes && model.Nodes.Count <= MostNodesWithTimes ? UsualTimesAsync(stop.Token) : null;
        try
        {
            using var timer = new PeriodicTimer(TickInterval, context.Clock);
            var tick = timer.WaitForNextTickAsync(stop.Token).AsTask();
            var readable = channel.Reader.WaitToReadAsync(stop.Token).AsTask();
            view.Tick(model);
            while (true)
            {
                if (await Task.WhenAny(readable, tick) == tick)
                {
                    await tick;
                    if (usual is { IsCompletedSuccessfully: true })
                    {
                        view.Learn(await usual);
                        usual = null;
                    }
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
            var end = await pump;
            view.End();
            return end;
        }
        finally
        {
            await stop.CancelAsync();
            await ((Task)pump).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await ((Task?)usual ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Of the host that is there: the one that took the deployment may have died since.</summary>
    private async Task<ProgressModel> WhereItStandsAsync(long? at)
    {
        for (var breaks = 1; ; breaks++)
        {
            try
            {
                return (await host.Client.GetProgressAsync(Id, at, context.Interrupted)).Value;
            }
            catch (HostLostException) when (breaks <= MostBreaks)
            {
                await host.EnsureHostAsync(context.Interrupted);
                _mayResume = carryOn;
            }
        }
    }

    /// <summary>Nothing depends on it: whatever goes wrong, it is not known.</summary>
    private async Task<UsualTimes> UsualTimesAsync(CancellationToken cancellationToken) =>
        UsualTimes.Of((await host.Client.GetImpactAsync(Id, cancellationToken)).Value);

    private async Task<FollowedToTheEnd> ViewAsync() => Of(await host.Client.GetDeploymentAsync(Id, context.Interrupted));

    private static FollowedToTheEnd Of(HostAnswer<DeploymentView> answer) => new(answer.Value, answer.Json);

    private async Task<FollowedToTheEnd> PumpAsync(ChannelWriter<Arrival> writer, long last, CancellationToken cancellationToken)
    {
        Standstill? beforeSilence = null;
        try
        {
            await foreach (var item in host.Client.FollowAsync(Id, last, MostBreaks, cancellationToken))
            {
                switch (item)
                {
                    case StreamItem.Happened { Event: var happened }:
                        if (Standstill is not null)
                            await StandAsync(null);
                        await writer.WriteAsync(new Arrival(happened, null), cancellationToken);
                        break;
                    case StreamItem.Noticed { Notice: var notice }:
                        await OnNoticeAsync(notice);
                        break;
                    case StreamItem.Silence { Begins: var begins }:
                        await OnSilenceAsync(begins);
                        break;
                    case StreamItem.Lost { Cause: var cause }:
                        await StandAsync(cause.TimedOut ? NoAnswer : "the host is gone: what it had begun at nodes goes on, and nobody watches it");
                        await FindAgainAsync(cause.TimedOut);
                        break;
                    case StreamItem.Ended { View: var view }:
                        writer.Complete();
                        return Of(view);
                }
            }
            throw new UnreachableException();
        }
        catch (Exception e)
        {
            writer.Complete(e);
            throw;
        }

        async Task FindAgainAsync(bool isSilent)
        {
            await Task.Delay(BeforeReconnect, context.Clock, cancellationToken);
            while (isSilent && await host.IsSilentAsync(cancellationToken))
                await Task.Delay(BetweenKnocks, context.Clock, cancellationToken);
            await host.EnsureHostAsync(cancellationToken);
            await writer.WriteAsync(new Arrival(null, FoundAgain), cancellationToken);
            // A host that was started anew carries nothing on by itself.
            _mayResume = carryOn;
            // Whether anybody carries it on is to be said by this host too.
            _told = StreamNotice.AllIsWell with { Trouble = _told.Trouble };
            if (await IsActiveAsync(cancellationToken))
                await StandAsync(null);
        }

        async Task StandAsync(string? why)
        {
            Standstill = why is null ? null : new Standstill(Standstill?.Since ?? context.Clock.GetUtcNow(), why);
            await writer.WriteAsync(new Arrival(null, null, true, Standstill), cancellationToken);
        }

        async Task OnSilenceAsync(bool begins)
        {
            if (begins)
            {
                beforeSilence = Standstill;
                // The clock stands where the host last said anything.
                Standstill ??= new Standstill(context.Clock.GetUtcNow() - StreamItem.Silence.After, NoAnswer);
                await StandAsync(NoAnswer);
            }
            else
            {
                Standstill = beforeSilence;
                await StandAsync(beforeSilence?.Why);
            }
            await writer.WriteAsync(new Arrival(null, begins ? NotAnswering : AnswersAgain), cancellationToken);
        }

        async Task OnNoticeAsync(StreamNotice notice)
        {
            if (_mayResume && notice is { Active: false, CannotBeCarriedOn: false })
            {
                _mayResume = false;
                await ResumeAsync(cancellationToken);
                await StandAsync(null);
                return;
            }
            if (!notice.Active)
                await StandAsync(NobodyCarriesItOn(notice));
            else if (Standstill is not null)
                await StandAsync(null);
            foreach (var word in Words(notice))
                await writer.WriteAsync(new Arrival(null, new Line(new Span(word, Tone.Odd))), cancellationToken);
            _told = notice;
        }
    }

    /// <summary>What a notice says that was not said before: a full disk, or a host that is gone, lets no event come that could say it.</summary>
    private IEnumerable<string> Words(StreamNotice notice)
    {
        if (notice.Trouble is { } trouble && trouble != _told.Trouble)
            yield return $"Deployments are blocked: {trouble}.";
        if (notice.Active || _told with { Trouble = notice.Trouble } == notice)
            yield break;
        yield return $"Deployment {Id}{(notice.CannotBeCarriedOn ? ":" : " is")} {NobodyCarriesItOn(notice)}.";
    }

    private string NobodyCarriesItOn(StreamNotice notice) => notice.CannotBeCarriedOn
        ? DeploymentList.Broken(new DeploymentId(Id))
        : $"not running, its host has exited: orchestrator resume {Id} resumes it";

    private static ProgressModel Show(IProgressView view, ProgressModel model, Arrival arrival)
    {
        if (arrival.IsAboutStanding)
            view.Stand(arrival.Standstill);
        if (arrival.Word is { } word)
            view.Say(word);
        if (arrival.Event is not { } happened)
            return model;
        var after = model.After(happened.Sequence, happened.Event);
        view.Show(model, after, happened);
        return after;
    }

    private async Task<bool> IsActiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await host.Client.GetLineAsync(Id, cancellationToken)).Value.Active;
        }
        catch (HostException e) when (e is HostRefusedException or HostLostException)
        {
            // A lost host is found out by who opens the stream.
            return false;
        }
    }

    private async Task ResumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await host.Client.ResumeAsync(Id, cancellationToken);
        }
        catch (HostRefusedException)
        {
            // Another may have seen to its end since it was unfinished.
            if (!(await ViewAsync()).View.State.IsEnd())
                throw;
        }
    }
}
