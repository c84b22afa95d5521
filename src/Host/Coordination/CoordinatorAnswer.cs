using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Coordination;

/// <summary>What came of asking the coordinator.</summary>
public abstract record CoordinatorAnswer<T>
{
    private CoordinatorAnswer() { }

    public sealed record Given(T Value) : CoordinatorAnswer<T>;

    /// <summary>It refused, and did nothing; also where there is no such deployment, or several begin so.</summary>
    public sealed record Refused(CoordinatorProtocol.Denied Why) : CoordinatorAnswer<T>;

    /// <summary>It did not answer in time: whether it did anything is not known.</summary>
    public sealed record NoAnswer(TimeSpan Waited) : CoordinatorAnswer<T>;

    public CoordinatorAnswer<TResult> Select<TResult>(Func<T, TResult> selector) => this switch
    {
        Given given => new CoordinatorAnswer<TResult>.Given(selector(given.Value)),
        Refused refused => new CoordinatorAnswer<TResult>.Refused(refused.Why),
        NoAnswer none => new CoordinatorAnswer<TResult>.NoAnswer(none.Waited),
        _ => throw new InvalidOperationException("unknown kind of answer"),
    };
}
