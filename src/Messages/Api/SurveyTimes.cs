namespace Orchestrator.Messages.Api;

/// <summary>
/// How long nodes are asked for a person who waits: then the answer is what there is, with the others named. Whoever asks the host waits longer
/// than that, so that a large silent fleet is an answer and no error.
/// </summary>
public static class SurveyTimes
{
    private const int MostWaitsOfRelease = 6;
    private static readonly TimeSpan ForItsTurn = TimeSpan.FromSeconds(60);

    /// <summary>To read the status of nodes, each once.</summary>
    public static TimeSpan Survey(TimeSpan rpcTimeout) => ForItsTurn + rpcTimeout;

    /// <summary>To read nodes if the client does not know the deployment's RPC timeout.</summary>
    public static TimeSpan LongestSurvey { get; } = Survey(TimeSpan.FromMinutes(10));

    /// <summary>To enable nodes, each with a status twice repeated and an enable twice repeated.</summary>
    public static TimeSpan Release(TimeSpan rpcTimeout) => ForItsTurn + rpcTimeout * MostWaitsOfRelease;
}
