using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Nodes.Running;

/// <summary>
/// By when a run must have begun: the journal's time, or later where enabling the node took its share of that, and where the request was not answered
/// no sooner than it can no longer be taken.
/// </summary>
internal sealed class StartDeadline(DeploymentEvents.RunRequested request, DeploymentOptions options)
{
    private DateTimeOffset _leftBy = request.At;
    private DateTimeOffset _at = request.StartDeadlineAt;

    /// <summary>No enable is tried for longer, the polls and pauses between its repetitions, ways that are not there and a watch included.</summary>
    private TimeSpan LongestEnabling => 4 * (options.RpcRetries + 1) * options.RpcTimeout + NodeContext.LongestStartup;

    /// <summary>Runonce leaves now, by our clock.</summary>
    public void Asked(DateTimeOffset now)
    {
        _leftBy = now;
        _at = Later(_at, now + options.StartTimeout);
    }

    /// <summary>The node says that it has launched an agent: just now, at the latest.</summary>
    public void Answered(DateTimeOffset now) => _leftBy = now;

    /// <summary>No answer came within the RPC timeout, which counts from when runonce really left.</summary>
    public void Unanswered(DateTimeOffset now) => _leftBy = Later(_leftBy, now - options.RpcTimeout);

    /// <summary>It is not known when runonce left: an earlier life of this host sent it before now.</summary>
    public void Resume(DateTimeOffset now) => _leftBy = now < request.At + LongestEnabling ? now : request.At + LongestEnabling;

    /// <summary>The deadline, by our clock.</summary>
    public DateTimeOffset At(bool isAnswered) => isAnswered ? _at : Later(_at, _leftBy + options.RunonceTimeToLive);

    /// <summary>By when the request has launched an agent if it ever does, by our clock.</summary>
    public DateTimeOffset LaunchedBy(bool isAnswered) => isAnswered ? _leftBy : _leftBy + options.RunonceTimeToLive;

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
