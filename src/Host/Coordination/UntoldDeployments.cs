using System.Collections.Concurrent;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Coordination;

/// <summary>
/// Deployments of which no supervisor has said anything in this process, because nobody carries them on here or they are just being taken up: where they stand
/// is read from their histories, so that a list says what a view does.
/// </summary>
public sealed class UntoldDeployments(DeploymentHistory history)
{
    /// <summary>Those that nobody carries on here, which do not change.</summary>
    private readonly ConcurrentDictionary<DeploymentId, DeploymentLine> _still = new();

    /// <summary>The lines, in their order; one whose history cannot be read stays as it is.</summary>
    public async Task<ImmutableArray<DeploymentLine>> ToldAsync(ImmutableArray<DeploymentLine> lines, CancellationToken cancellationToken)
    {
        if (!lines.Any(IsUntold))
            return lines;
        var told = lines.ToBuilder();
        for (var i = 0; i < told.Count; i++)
            told[i] = await ToldAsync(told[i], cancellationToken);
        return told.ToImmutable();
    }

    /// <summary>The same as far as the histories can be read in so short a time: whoever asks whether the host is there is not to wait.</summary>
    public async Task<ImmutableArray<DeploymentLine>> ToldAsync(ImmutableArray<DeploymentLine> lines, TimeSpan most, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(most);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await ToldAsync(lines, stop.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return lines;
        }
    }

    public async Task<DeploymentLine> ToldAsync(DeploymentLine line, CancellationToken cancellationToken)
    {
        if (line.Active)
            _still.TryRemove(line.Id, out _);
        if (!IsUntold(line))
            return line;
        if (!line.Active && _still.TryGetValue(line.Id, out var still))
            return still with { Attention = line.Attention ?? still.Attention };
        try
        {
            var told = DeploymentLines.AsTold(line, await history.StateAsync(line.Id, cancellationToken));
            if (!line.Active)
                _still[line.Id] = told;
            return told;
        }
        // Whatever is wrong with one history is told by who asks for that deployment: the others are listed all the same.
        catch (Exception e) when (e is not (OperationCanceledException or OverloadedException or LimitReachedException))
        {
            return line;
        }
    }

    /// <summary>One that waits for others has no history.</summary>
    private static bool IsUntold(DeploymentLine line) => line is { State: DeploymentPhase.Waiting, WaitsFor.IsDefaultOrEmpty: true };
}
