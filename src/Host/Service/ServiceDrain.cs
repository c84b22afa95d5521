using Orchestrator.Host.Coordination;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Service;

/// <summary>
/// Lets the host come to rest before it exits: no new request is taken on and no further node begun with, and what was ordered gets the time to be sent and
/// answered. Where that takes too long, it exits all the same: the next host carries on from the journal, as after a crash.
/// </summary>
public sealed partial class ServiceDrain(GoingAway goingAway, CoordinatorClient coordinator, TimeProvider time, ILogger<ServiceDrain> log)
{
    /// <summary>How long it may take.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);

    /// <summary>An act may follow the answer to the one before: it is at rest where so many looks in a row find none.</summary>
    private const int Quiet = 3;

    public async Task RunAsync()
    {
        goingAway.Begin();
        using var late = new CancellationTokenSource(Patience, time);
        using var timer = new PeriodicTimer(BetweenLooks, time);
        int? acts = null;
        try
        {
            for (var quiet = 0; quiet < Quiet; await timer.WaitForNextTickAsync(late.Token))
            {
                var answer = await coordinator.AskAsync<CoordinatorProtocol.Draining>(CoordinatorProtocol.Drain.Instance, late.Token);
                acts = (answer as CoordinatorAnswer<CoordinatorProtocol.Draining>.Given)?.Value.Acts;
                quiet = acts == 0 ? quiet + 1 : 0;
            }
            AtRest(log);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            if (acts is null)
                NoAnswer(log);
            else
                NotAtRest(log, acts.Value);
        }
    }

    [LoggerMessage(41, LogLevel.Information, "The host has come to rest: no request to a node is unanswered")]
    private static partial void AtRest(ILogger log);

    [LoggerMessage(42, LogLevel.Warning, "{Count} requests that change nodes are still unanswered: the next host finds out what became of them")]
    private static partial void NotAtRest(ILogger log, int count);

    [LoggerMessage(43, LogLevel.Warning, "The deployments give no answer: the next host carries on from the journal")]
    private static partial void NoAnswer(ILogger log);
}
