using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Tests.Runs;
using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>One run from enable to verdict on a node whose times are given, in seconds; counts how often the node is asked meanwhile.</summary>
internal sealed class WatchedRun
{
    private readonly List<TimeSpan> _polls = [];
    private TimeSpan _acceptedAt;
    private bool _isClosed;

    /// <summary>What each answer takes.</summary>
    public double Answer { get; init; } = 0.05;

    /// <summary>From the answer to runonce to the lock being taken.</summary>
    public double Lag { get; init; } = 2;

    /// <summary>From the answer to runonce to the lock's release.</summary>
    public double Length { get; init; }

    /// <summary>What the runs of the group took.</summary>
    public double? Usual { get; init; }

    /// <summary>What the summary of the node's run before says of its time; null where it has none.</summary>
    public double? Before { get; init; }

    /// <summary>The node's lastrun before; 0 where it never ran.</summary>
    public double LastRun { get; init; } = 100;

    /// <summary>How long after its request another life of the host takes the run up again; null where it is the first.</summary>
    public double? TakenUpAfter { get; init; }

    /// <summary>How many resources fail in it.</summary>
    public int FailedResources { get; init; }

    /// <summary>The node refuses runonce, because another's run is on.</summary>
    public bool IsAnothers { get; init; }

    /// <summary>What becomes of the question for the run before; null where the node answers it.</summary>
    public Func<Trial, Trial>? AtQuestionForBefore { get; init; }

    /// <summary>When the node was asked for its status since it took the run, counted from there.</summary>
    public IReadOnlyList<TimeSpan> Polls => [.. _polls.Select(l => l - _acceptedAt)];

    /// <summary>How often it was asked for the run before.</summary>
    public int QuestionsForBefore { get; private set; }

    /// <summary>How much later than the run's end the question left whose answer showed it.</summary>
    public TimeSpan SeenAfter => Polls[^1] - TimeSpan.FromSeconds(Length);

    public List<NodeFact> Facts { get; private set; } = [];

    /// <summary>Since the node took the run.</summary>
    public TimeSpan Elapsed { get; private set; }

    public WatchedRun Watch()
    {
        var request = Trial.RequestOf(new NodeName("web1.example.net")) with { LastRun = LastRun };
        var trial = new Trial(_ =>
            new NodeAssignment.Run(request, TakenUpAfter is null, TakenUpAfter is null ? null : 200, TakenUpAfter is not null) { Usual = Seconds(Usual) },
            begunAfter: Seconds(TakenUpAfter));
        while (!trial.Acts.OfType<NodeAct.Done>().Any())
        {
            if (trial.Outstanding is { } question)
                AnswerTo(question, trial);
            else
                trial.Woken();
        }
        Facts = trial.Facts;
        Elapsed = trial.Now.Monotonic - _acceptedAt;
        return this;
    }

    private void AnswerTo(NodeRequest question, Trial trial)
    {
        var time = trial.Now.Monotonic - _acceptedAt;
        var isOver = time >= TimeSpan.FromSeconds(Length);
        switch (question)
        {
            case NodeRequest.Status:
                _polls.Add(trial.Now.Monotonic);
                var lastRun = isOver ? EndedAt : LastRun;
                Reply(trial, new StatusReply(0, "OK", trial.Now.Wall, new NodeStatus(
                    !isOver && time >= TimeSpan.FromSeconds(Lag), false, !_isClosed, false, lastRun, NodeTime(trial.Now.Monotonic) - lastRun,
                    _isClosed ? Trial.Held : "")));
                break;
            case NodeRequest.Runonce when IsAnothers:
                Reply(trial, new RunonceReply(1, "Puppet is currently applying a catalog", trial.Now.Wall, 0));
                _acceptedAt = trial.Now.Monotonic;
                break;
            case NodeRequest.Runonce:
                Reply(trial, new RunonceReply(0, "OK", trial.Now.Wall, NodeTime(trial.Now.Monotonic + TimeSpan.FromSeconds(Answer))));
                _acceptedAt = trial.Now.Monotonic;
                break;
            case NodeRequest.LastRunSummary { Logs: false } when AtQuestionForBefore is { } answer:
                QuestionsForBefore++;
                answer(trial);
                break;
            case NodeRequest.LastRunSummary { Logs: false }:
                QuestionsForBefore++;
                Reply(trial, new SummaryReply(0, "OK", trial.Now.Wall, isOver ? Summary : Summary with { LastRun = LastRun, TimeTotal = Before, Logs = null }));
                break;
            case NodeRequest.LastRunSummary:
                Reply(trial, new SummaryReply(0, "OK", trial.Now.Wall, Summary));
                break;
            default:
                _isClosed = question is NodeRequest.Disable;
                Reply(trial, new SwitchReply(0, "OK", trial.Now.Wall, question is NodeRequest.Enable));
                break;
        }
    }

    private void Reply(Trial trial, NodeReply reply) => trial.Answer(reply, TimeSpan.FromSeconds(Answer));

    private double EndedAt => NodeTime(_acceptedAt + TimeSpan.FromSeconds(Length));

    private RunSummary Summary => GoodRun.Summary with
    {
        LastRun = EndedAt,
        TimeTotal = Length - Lag,
        Resources = GoodRun.Summary.Resources with { Failed = FailedResources },
        Logs = [GoodRun.Line("Applying configuration version 'v7'", level: "info", time: EndedAt),
            GoodRun.Line("Applied catalog in 1.00 seconds", level: "notice", time: EndedAt)],
    };

    /// <summary>The node's clock, in whole seconds.</summary>
    private static double NodeTime(TimeSpan time) => Math.Floor(200.7 + time.TotalSeconds);

    private static TimeSpan? Seconds(double? seconds) => seconds is { } s ? TimeSpan.FromSeconds(s) : null;
}
