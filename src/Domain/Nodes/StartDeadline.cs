using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Nodes;

/// <summary>
/// By when a run must have begun: the journal's time, or later where enabling the node took its share of that, and where the request was not answered
/// no sooner than it can no longer be taken.
/// </summary>
internal sealed class StartDeadline(DeploymentEvents.RunRequested request, DeploymentOptions options)
{
    private DateTimeOffset _leftBy = request.At;
    private DateTimeOffset _at = request.StartDeadlineAt;

    /// <summary>No enable is tried for longer, the looks and pauses between its repetitions, ways that are not there and a watch included.</summary>
    private TimeSpan LongestEnabling => 4 * (options.RpcRetries + 1) * options.RpcTimeout + NodeContext.LongestStartup;

    /// <summary>Runonce leaves now, by our clock.</summary>
    public void Asked(DateTimeOffset now)
    {
        _leftBy = now;
        _at = Later(_at, now + options.StartTimeout);
    }

    /// <summary>It is not known when runonce left: an earlier life of this host sent it before now.</summary>
    public void TakeUp(DateTimeOffset now) => _leftBy = now < request.At + LongestEnabling ? now : request.At + LongestEnabling;

    /// <summary>The deadline, by our clock.</summary>
    /// <param name="isAnswered">Whether the node said that it took the request.</param>
    public DateTimeOffset At(bool isAnswered) => isAnswered ? _at : Later(_at, _leftBy + options.RunonceTimeToLive);

    /// <summary>From when on the agent that the request launched has come to the locks, by our clock.</summary>
    /// <param name="isAnswered">Whether the node said that it took the request.</param>
    /// <param name="startup">How long an agent may take there from its launch to the locks.</param>
    public DateTimeOffset UpAt(bool isAnswered, TimeSpan startup) => (isAnswered ? _leftBy : _leftBy + options.RunonceTimeToLive) + startup;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
