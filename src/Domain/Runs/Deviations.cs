using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Runs;

internal static class Deviations
{
    /// <summary>Whether all of <paramref name="other"/> is in this one too.</summary>
    public static bool Explains(this RunDeviation known, RunDeviation other) =>
        (other.Skipped == 0 || other.Skipped == known.Skipped)
        && (other.Environment is null || other.Environment == known.Environment)
        && (!other.Noop || known.Noop || known.Mixed);
}
