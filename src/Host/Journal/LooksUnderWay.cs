using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Journal;

/// <summary>Waits until a deployment's nodes have been read to see whether they are held, by following its history.</summary>
public sealed class LooksUnderWay(DeploymentHistory history, TimeProvider clock)
{
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromMilliseconds(100);

    /// <summary>The deployment once its nodes have been read, or its current state after <see cref="SurveyTimes.Survey"/>.</summary>
    /// <exception cref="System.Runtime.Serialization.SerializationException">An event of a newer version, or a damaged one.</exception>
    /// <exception cref="InvalidOperationException">An event cannot follow those before it.</exception>
    public async Task<DeploymentState> AwaitAsync(DeploymentId id, Func<DeploymentState, bool> areRead, CancellationToken cancellationToken)
    {
        var begun = clock.GetTimestamp();
        var (state, last) = (DeploymentState.Initial, 0L);
        while (true)
        {
            await foreach (var recorded in history.ReadAsync(id, last, cancellationToken))
                (state, last) = (DeploymentEvolution.Evolve(state, recorded), recorded.Sequence);
            if (areRead(state) || clock.GetElapsedTime(begun) > SurveyTimes.Survey(state.Start?.Options.RpcTimeout ?? TimeSpan.Zero))
                return state;
            await Task.Delay(BetweenReadings, clock, cancellationToken);
        }
    }
}
