using System.Globalization;
using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;
using static Orchestrator.Messages.Deployments.DeploymentEvents;
using Held = Orchestrator.Messages.Deployments.Hold;

namespace Orchestrator.Domain.Nodes;

/// <summary>
/// One journalled request for a run: enables the node, asks once, watches, closes the node behind the run, and judges it.
/// After a restart it never asks: it reads what the node says and goes on from there.
/// </summary>
internal sealed class RunWork(NodeContext context, NodeAssignment.Run run) : HoldingWork(context)
{
    /// <summary>New agents look at the disabled lock once more right after they took the run lock: closing earlier makes the run skip in silence.</summary>
    private static readonly TimeSpan CloseAfter = TimeSpan.FromSeconds(1);

    /// <summary>How often status and summary may speak of different runs before the summary is judged as it is.</summary>
    private const int MostMismatches = 3;

    private enum Phase
    {
        Enabling,
        Guarding,
        Asking,
        AfterRefusal,
        Watching,
        LastLook,
        Reading,
    }

    private readonly RunRequested _request = run.Request;
    private readonly RunLooks _looks = new(context.Pace, run.Request, run.Usual);
    private readonly StartDeadline _start = new(run.Request, context.Options);
    private readonly ClockWatch _clock = new(context, run.Request);
    private Phase _phase = Phase.Watching;
    private double? _initiatedAt = run.InitiatedAt;
    private bool _began = run.Began;

    /// <summary>
    /// The run that is watched is another's for sure. After a restart that is only known where a run had been seen although the node had not taken our request:
    /// it was refused for that run, most likely, and where only its answer was lost the run counts if it is as good.
    /// </summary>
    private bool _anothers = !run.MayAsk && run.Began && run.InitiatedAt is null;
    private TimeSpan _enabledAt;
    private TimeSpan? _acceptedAt;

    /// <summary>What was said of a run before the node was closed behind it; null where nothing was.</summary>
    private (Verdict Verdict, RunSummary Summary)? _judged;

    /// <summary>The newest summary that is puppet apply's, by its lastrun, and what was said of it: our run may be on or on its way. Null where there is none.</summary>
    private (double LastRun, string Words)? _passedOver;

    /// <summary>Whether the deployment was told that the node is silent; null where an earlier life of this host may have told it.</summary>
    private bool? _silent = run.MayAsk ? false : null;
    private int _idleAfterBegin;
    private int _mismatches;
    private string _refusal = "";
    private TimeSpan? _seenApplyingAt;
    private bool _logsWanted = true;
    private string _logWords = "";
    private Cause? _logCause;
    private StatusReply? _last;
    private Held _hold = Held.Open;
    private string _closeWords = "";
    private Action<Moment>? _afterClose;

    private int Number => _request.Number;

    private string? Environment => _request.Environment ?? Context.Options.RunEnvironment;

    private bool IsClosed => _hold != Held.Open;

    protected override DateTimeOffset? Deadline => _request.RunDeadlineAt;

    protected override void OnBegin(Moment now)
    {
        _looks.TakeUp(now);
        if (!run.MayAsk)
        {
            _start.TakeUp(now.Wall);
            NoteLaunch(now);
            AskStatus();
        }
        else if (IsSignalled && Context.NeededOption(_request.Environment) is { } option)
            // A run without the option would be another one, a real one where noop was wanted.
            NeverAsked(Outcome.Refused, $"a Puppet daemon runs there now and would refuse {option}", Held.Held, Cause.Daemon);
        else
        {
            _phase = Phase.Enabling;
            AskEnable();
        }
    }

    protected override void OnOtherAnswer(NodeRequest request, NodeReply reply, Moment now)
    {
        switch (reply)
        {
            case SwitchReply answer when answer.IsOk || answer.Enabled == true:
                Enabled(now);
                break;
            case SwitchReply answer:
                FinishEnded(Number, Outcome.Refused, answer.Words, answer.Enabled == false ? Held.Held : Held.Asked, Causes.OfWords(answer.Words));
                break;
            case RunonceReply { IsOk: true } answer:
                (_initiatedAt, _acceptedAt) = (answer.InitiatedAt, now.Monotonic);
                _looks.Begin(now);
                _start.Answered(now.Wall);
                NoteLaunch(now);
                Tell(new NodeFact.Accepted(Context.Node, Number, answer.InitiatedAt));
                Watch(now);
                break;
            case RunonceReply answer:
                Refused(answer.Words);
                break;
            case SummaryReply { IsOk: true } answer when _phase == Phase.Guarding:
                if (RunJudge.IsApply(answer.Summary) && (answer.Summary.LastRun == _last!.Status.LastRun || ++_mismatches <= MostMismatches))
                {
                    _passedOver = (answer.Summary.LastRun, "");
                    AskStatus();
                }
                else
                    CloseForAnother(now);
                break;
            case SummaryReply { IsOk: true } answer when _phase == Phase.Watching:
                if (_looks.Learn(answer.Summary))
                    WaitForEnd(now);
                else
                    AskStatus();
                break;
            case SummaryReply { IsOk: true } answer:
                Judge(answer.Summary, now);
                break;
            default:
                OnRefusal(request, reply.Words, now);
                break;
        }
    }

    private void Enabled(Moment now)
    {
        if (run.Doubt is null)
        {
            AskRunonce(now);
            return;
        }
        (_phase, _enabledAt) = (Phase.Guarding, now.Monotonic);
        AskStatus();
    }

    /// <summary>A run that is to decide a doubt is asked for only when whoever was launched before the node was enabled must have shown himself.</summary>
    private void Guard(NodeStatus status, Moment now)
    {
        var left = _enabledAt + Context.StartupTime - now.Monotonic;
        if (status.Enabled == false && !Context.IsOurs(status))
            NeverAsked(Outcome.RefusedDisabled, status.DisableMessage, Held.None);
        else if (status.Applying)
            CloseForAnother(now);
        else if (status.LastRun != _request.LastRun && !IsPassedOver(status))
            Ask(new NodeRequest.LastRunSummary(Logs: false));
        else if (left <= TimeSpan.Zero)
            AskRunonce(now);
        else
            Wake(Context.Pace.Next(Context.StartupTime - left) is var pause && pause < left ? pause : left);
    }

    private void CloseForAnother(Moment now) =>
        Close(now, _ => FinishDisplaced("somebody else's run came while the node was watched, before ours was asked for"));

    private void AskRunonce(Moment now)
    {
        _phase = Phase.Asking;
        _start.Asked(now.Wall);
        Ask(Runonce());
    }

    protected override void OnStatus(StatusReply reply, Moment askedAt, Moment now)
    {
        _clock.Note(reply.Status, askedAt, now);
        NoteHold(reply.Status);
        _last = reply;
        _looks.Answered(askedAt, now);
        switch (_phase)
        {
            case Phase.Enabling:
                EnableAgain(reply.Status, now);
                break;
            case Phase.Guarding:
                Guard(reply.Status, now);
                break;
            case Phase.AfterRefusal:
                LookAfterRefusal(reply.Status, now);
                break;
            case Phase.LastLook:
                LookForTheLastTime(reply.Status, now);
                break;
            default:
                Look(reply.Status, now);
                break;
        }
    }

    protected override void OnWake(Moment now)
    {
        if (_phase == Phase.Watching && CloseIsDue(now))
            Close(now, Watch);
        else if (_phase == Phase.Watching && IsOursApplying && _looks.NeedsRunBefore(now))
            Ask(new NodeRequest.LastRunSummary(Logs: false));
        else
            AskStatus();
    }

    protected override void OnOtherSilence(NodeRequest request, Moment now)
    {
        switch (_phase)
        {
            case Phase.Enabling:
                NeverAsked(Outcome.Unreachable, "no answer to enable, before runonce", Held.Asked);
                break;
            case Phase.Guarding:
                Close(now, _ => NeverAsked(Outcome.Unreachable, "no answer while it was watched, before runonce", _hold));
                break;
            case Phase.Asking:
                _start.Unanswered(now.Wall);
                NoteLaunch(now);
                Watch(now);
                break;
            case Phase.Reading when _logsWanted:
                _logCause = Cause.LogUnanswered;
                AskWithoutLog($"no answer{LargestMessage}");
                break;
            case Phase.Watching when request is NodeRequest.LastRunSummary:
                AskStatus();
                break;
            case Phase.Watching when _judged is { } judged && IsClosed:
                Conclude(judged.Verdict, judged.Summary);
                break;
            default:
                TellSilent();
                LookLater(now);
                break;
        }
    }

    /// <summary>An enable was not answered: it may have been carried out, and a person may have disabled the node since.</summary>
    private void EnableAgain(NodeStatus status, Moment now)
    {
        if (status.Enabled == true)
            Enabled(now);
        else if (status.Enabled == false && !Context.IsOurs(status))
            NeverAsked(Outcome.RefusedDisabled, status.DisableMessage, Held.None);
        else
            AskEnable();
    }

    private void LookLater(Moment now, string? denial = null)
    {
        if (now.Wall < _request.RunDeadlineAt)
            Wait(now);
        else if (denial is null)
            FinishEnded(Number, Outcome.Unreachable, "no answer after runonce, until the run deadline", _hold);
        else
            FinishEnded(Number, Outcome.Refused, $"its status could not be read until the run deadline: {denial}", _hold, Causes.OfWords(denial));
    }

    protected override void OnHeard()
    {
        if (_silent != false)
            Tell(new NodeFact.HeardAgain(Context.Node, Number));
        _silent = false;
    }

    protected override void OnNotSent(NodeRequest request, string why, Moment now)
    {
        if (_phase is not (Phase.Enabling or Phase.Asking))
            base.OnNotSent(request, why, now);
        else if (_phase == Phase.Enabling)
            Finish(new NodeFact.NotSent(Context.Node, Number, why));
        else
            Close(now, _ => Finish(new NodeFact.NotSent(Context.Node, Number, why)));
    }

    protected override void OnOtherRefusal(NodeRequest request, string words, Moment now)
    {
        switch (_phase)
        {
            case Phase.Enabling:
                FinishEnded(Number, Outcome.Refused, words, Held.Asked, Causes.OfWords(words));
                break;
            case Phase.Guarding:
                Close(now, _ => NeverAsked(Outcome.Refused, words, _hold, Causes.OfWords(words)));
                break;
            case Phase.Asking:
                Refused(words);
                break;
            case Phase.Reading when _logsWanted:
                AskWithoutLog(words);
                break;
            case Phase.Reading:
                Close(now, _ => FinishEnded(Number, Outcome.Refused, $"it ran, but its summary cannot be read: {words}", _hold, Causes.OfWords(words)));
                break;
            case Phase.Watching when request is NodeRequest.LastRunSummary:
                AskStatus();
                break;
            default:
                LookLater(now, words);
                break;
        }
    }

    protected override void OnMalformed(NodeRequest request, string words, Moment now)
    {
        if (request is NodeRequest.Runonce)
        {
            // It may have been taken.
            NoteLaunch(now);
            Watch(now);
        }
        else if (_phase == Phase.Reading && !_logsWanted && request is NodeRequest.LastRunSummary)
            Close(now, _ => FinishEnded(Number, Outcome.FailedUnproven, $"it ran, but {words}", _hold, Causes.OfWords(words)));
        else
            base.OnMalformed(request, words, now);
    }

    protected override void OnHeld(Moment now) => Closed(Held.Held, "", now);

    protected override void OnHeldByOther(string message, Moment now) => Closed(Held.None, DisabledByOther(message), now);

    protected override void OnNotHeld(string? words, Moment now)
    {
        if (words is null)
            TellSilent();
        Closed(Held.NotHeld, words ?? "no answer to disable", now);
    }

    private bool IsSignalled => Context.IsSignalled(_request.DaemonPresent);

    private NodeRequest.Runonce Runonce() => IsSignalled
        ? new NodeRequest.Runonce(Force: true, Noop: null, UseCachedCatalog: null, Environment: null)
        : new NodeRequest.Runonce(Force: true, Noop, UseCachedCatalog: false, Environment, Context.Tags);

    /// <summary>A node that its owner set to noop is respected where nobody says otherwise.</summary>
    private bool? Noop => Context.Options.Noop ? true : Context.Options.OverrideNoop ? false : null;

    /// <summary>Ends the attempt before runonce left: no run can have begun by it.</summary>
    private void NeverAsked(Outcome outcome, string why, Held hold, Cause? cause = null)
    {
        Tell(new NodeFact.NotSent(Context.Node, Number, why));
        if (outcome == Outcome.RefusedDisabled)
            FinishDisabled(Number + 1, why);
        else
            FinishEnded(Number + 1, outcome, why, hold, cause);
    }

    private void Refused(string words)
    {
        _refusal = words;
        _phase = Phase.AfterRefusal;
        AskStatus();
    }

    /// <summary>A refused runonce: somebody's run goes on or has just been, somebody disabled the node, or the node does not want ours.</summary>
    private void LookAfterRefusal(NodeStatus status, Moment now)
    {
        if (status.Applying || IsOver(status))
        {
            _anothers = true;
            _phase = Phase.Watching;
            Look(status, now);
        }
        else if (status.Enabled == false && !Context.IsOurs(status))
            FinishDisabled(Number, status.DisableMessage);
        else
            FinishRefused(now);
    }

    private bool IsRefused => _refusal.Length > 0;

    private void FinishRefused(Moment now) => Close(now, _ => FinishEnded(Number, Outcome.Refused, _refusal, _hold, Causes.OfWords(_refusal)));

    private void Watch(Moment now)
    {
        _phase = Phase.Watching;
        AskStatus();
    }

    private void Look(NodeStatus status, Moment now)
    {
        if (IsStillJudged(status))
            ConcludeIfClosed(now);
        else if (status.Applying)
        {
            if (_seenApplyingAt is null && _acceptedAt is { } accepted)
                Context.LearnStartup(now.Monotonic - accepted);
            TellBegan();
            _idleAfterBegin = 0;
            _seenApplyingAt ??= now.Monotonic;
            if (now.Wall >= _request.RunDeadlineAt)
                Close(now, _ => FinishEnded(Number, Outcome.FailedDidNotFinish, "the run still goes on at the run deadline", _hold));
            else if (CloseIsDue(now))
                Close(now, WaitForEnd);
            else
                WaitForEnd(now);
        }
        else if (IsOver(status))
            // Not closed before it is known whose run this was: ours may be on its way, and would skip in silence.
            Read();
        else if (_began)
        {
            _seenApplyingAt = null;
            if (++_idleAfterBegin >= 2 && !MayStillStart(now))
                LookOnceMore(now);
            else
                Wait(now);
        }
        else if (now.Wall >= _start.At(_initiatedAt is not null))
            LookOnceMore(now);
        else
            Wait(now);
    }

    private void LookOnceMore(Moment now) => Close(now, _ =>
    {
        _phase = Phase.LastLook;
        AskStatus();
    });

    /// <summary>The node is closed now, so what has not begun will not begin.</summary>
    private void LookForTheLastTime(NodeStatus status, Moment now)
    {
        if (status.Applying || IsOver(status))
        {
            _phase = Phase.Watching;
            Look(status, now);
        }
        else if (!IsClosed)
            Close(now, _ => AskStatus());
        else if (IsPassedOver(status))
            FinishDisplaced(_passedOver!.Value.Words);
        else if (_began && _anothers)
            FinishDisplaced("it ended without writing a summary");
        else if (HasLastRunMoved)
            EndAsOlder();
        else if (_began)
            FinishEnded(Number, Outcome.FailedRunDied, "the run was seen applying, then it was gone and lastrun had not moved", _hold);
        else if (_initiatedAt is null)
            Finish(new NodeFact.Untraced(Context.Node, Number, _hold));
        else
            FinishEnded(Number, Outcome.FailedDidNotStart,
                $"it took the request, but no run began within {Time(Context.Options.StartTimeout)}{(_closeWords.Length > 0 ? $"; {_closeWords}" : "")}",
                _hold, _hold == Held.None ? Cause.DisabledMeanwhile : null);
    }

    private void TellSilent()
    {
        if (_silent != true)
            Tell(new NodeFact.Silent(Context.Node, Number));
        _silent = true;
    }

    private void TellBegan()
    {
        if (!_began)
            Tell(new NodeFact.Began(Context.Node, Number));
        _began = true;
    }

    private bool HasLastRunMoved => _last!.Status.LastRun != _request.LastRun;

    /// <summary>A run ended that cannot be told from ours, nor shown to be it: its clock went back by less than what counts as a step.</summary>
    private void EndAsOlder() => FinishEnded(Number, Outcome.FailedUnproven, "a run ended there, but by the node's own clock before ours was asked for: its times prove nothing", _hold);

    private void Read()
    {
        _phase = Phase.Reading;
        _logsWanted = true;
        AskSummary();
    }

    /// <summary>A log can be too large for the broker, or more than the node's plugin can read: the rest of the summary may still be had.</summary>
    private void AskWithoutLog(string words)
    {
        (_logsWanted, _logWords) = (false, $"its log could not be had: {words}");
        AskSummary();
    }

    private string LargestMessage => Context.LargestMessage is { } bytes
        ? string.Create(CultureInfo.InvariantCulture, $"; the broker carries messages of at most {bytes / 1024} KiB (max_payload), and a longer log is dropped")
        : "";

    private void AskSummary() => Ask(new NodeRequest.LastRunSummary(_logsWanted));

    private void Judge(RunSummary summary, Moment now)
    {
        if (!RunJudge.Matches(_last!.Status, summary) && ++_mismatches <= MostMismatches)
        {
            _phase = Phase.Watching;
            Wait(now);
            return;
        }
        _mismatches = 0;
        Context.LearnStartup(summary);
        var verdict = RunJudge.Judge(Question(), _last.Status, summary);
        // On a node that is closed and idle nothing will begin any more.
        if (verdict.IsApply && !IsClosed)
        {
            PassOver(summary.LastRun, verdict.Message, now);
            return;
        }
        if (!verdict.IsApply)
            TellBegan();
        if (IsClosed || !verdict.CountsAsOurs)
        {
            Close(now, _ => Conclude(verdict, summary));
            return;
        }
        _judged = (verdict, summary);
        Close(now, Watch);
    }

    /// <summary>Between the end of the judged run and the closing of the node another may have begun: then what comes of that is waited for.</summary>
    private bool IsStillJudged(NodeStatus status) => !status.Applying && status.LastRun == _judged?.Summary.LastRun;

    /// <summary>Puppet apply asks for no lock: ours may be on, may have been, or may be on its way.</summary>
    private void PassOver(double lastRun, string words, Moment now)
    {
        _passedOver = (lastRun, words);
        _phase = Phase.Watching;
        if (IsRefused && !_began)
            FinishRefused(now);
        else
            Look(_last!.Status, now);
    }

    private void ConcludeIfClosed(Moment now)
    {
        if (IsClosed)
            Conclude(_judged!.Value.Verdict, _judged.Value.Summary);
        else
            Close(now, Watch);
    }

    private void Conclude(Verdict verdict, RunSummary summary)
    {
        if (!verdict.CountsAsOurs)
        {
            FinishDisplaced(verdict.Message, verdict.Deviation);
            return;
        }
        if (_closeWords.Length > 0)
            verdict = verdict with { Warnings = verdict.Warnings.Add(_closeWords) };
        if (!_logsWanted)
            verdict = verdict with { Warnings = verdict.Warnings.Add(_logWords), Cause = verdict.Outcome == Outcome.FailedUnproven ? _logCause : verdict.Cause };
        Finish(new NodeFact.Judged(
            Context.Node, Number, verdict, _hold,
            verdict is { IsOurs: true, Outcome: Outcome.Succeeded } ? RunLooks.Took(_initiatedAt, summary.LastRun) : null,
            verdict.Deviation is { } deviation && run.Habit?.Explains(deviation) != true ? run.Doubt is { Mixed: true } doubt ? doubt : deviation : null));
    }

    private void FinishDisplaced(string words, RunDeviation? deviation = null) => Finish(new NodeFact.Displaced(Context.Node, Number, words, _hold, deviation));

    private RunQuestion Question() => new(
        Context.Options.Noop, Environment, Context.PlanEnvironment, Context.Options.AllowCachedCatalog, Context.Options.AcceptWithoutLog,
        _request.LastRun, _request.NodeTime, _initiatedAt, _clock.Stepped)
    {
        AnothersRun = _anothers,
        Tagged = Context.Tags is not null,
        NoopOverridden = !IsSignalled && Context.Options.OverrideNoop,
        Habit = run.Habit,
        // Without the node's word nobody knows whether it was watched to the end before ours was asked for.
        Doubt = _initiatedAt is null ? null : run.Doubt,
    };

    private bool IsOver(NodeStatus status) => RunJudge.IsFresh(Question(), status) && !IsPassedOver(status);

    private bool IsPassedOver(NodeStatus status) => !status.Applying && status.LastRun == _passedOver?.LastRun;

    /// <summary>Whether the agent that our request launched may not have come to the locks yet: whoever was seen there may be another, and ours would skip on a disabled node.</summary>
    private bool MayStillStart(Moment now) => !IsRefused && !IsClosed && now.Monotonic < Context.StartedBy;

    private void NoteLaunch(Moment now) => Context.LaunchedBy = now.Monotonic + (_start.LaunchedBy(_initiatedAt is not null) - now.Wall);

    private bool CloseIsDue(Moment now) => LeftToClose(now) <= TimeSpan.Zero;

    private TimeSpan? LeftToClose(Moment now)
    {
        if (IsClosed || _seenApplyingAt is not { } seen || _last is not { Status.Applying: true })
            return null;
        var (left, starting) = (seen + CloseAfter - now.Monotonic, Context.StartedBy - now.Monotonic);
        return IsRefused || left > starting ? left : starting;
    }

    /// <summary>What another's run takes nobody knows, nor when it began.</summary>
    private bool IsOursApplying => !_anothers && _last is { Status.Applying: true };

    private void WaitForEnd(Moment now) => Wait(IsOursApplying ? _looks.PauseToEnd(now) : _looks.Pause(now), now);

    private void Wait(Moment now) => Wait(_idleAfterBegin == 1 ? _looks.ShortPause() : _looks.Pause(now), now);

    private void Wait(TimeSpan next, Moment now) => Wake(LeftToClose(now) is { } left && left < next ? left : next);

    private void Close(Moment now, Action<Moment> then)
    {
        if (IsClosed)
        {
            then(now);
            return;
        }
        _afterClose = then;
        Hold(now);
    }

    private void Closed(Held hold, string words, Moment now)
    {
        _hold = hold;
        _closeWords = words;
        _afterClose!(now);
    }

    /// <summary>What was closed behind the run may be opened by a person, or carry that person's message by now: it is closed again, or is not ours any more.</summary>
    private void NoteHold(NodeStatus status)
    {
        if (_hold is not (Held.Held or Held.None) || status.Enabled is null)
            return;
        if (status.Enabled == true)
        {
            Tell(new NodeFact.OutOfTurn(Context.Node, "somebody enabled it while its run was watched; it is disabled again"));
            _hold = Held.Open;
        }
        else if (_hold == Held.Held && !Context.IsOurs(status))
            (_hold, _closeWords) = (Held.None, DisabledByOther(status.DisableMessage));
    }

    private static string DisabledByOther(string message) => $"somebody disabled it meanwhile: {message}";

    private static string Time(TimeSpan time) =>
        FormattableString.Invariant(time.TotalSeconds < 120 ? $"{time.TotalSeconds:0.#} s" : (FormattableString)$"{time.TotalMinutes:0.#} min");
}
