namespace Orchestrator.Messages.Deployments;

/// <summary>Which deployments a list is about: all that is given must hold.</summary>
/// <param name="States">It is in one of these; empty for any.</param>
/// <param name="Environment">The Puppet environment of its plan or of its runs; null for any.</param>
/// <param name="Since">It was registered then or later; null for whenever.</param>
/// <param name="By">Who started it; null for anybody.</param>
public sealed record DeploymentFilter(
    ImmutableArray<DeploymentPhase> States, string? Environment = null, DateTimeOffset? Since = null, string? By = null)
{
    public static DeploymentFilter All { get; } = new([]);

    /// <summary>Whether it leaves nothing out.</summary>
    public bool IsAll => this is { States.IsEmpty: true, Environment: null, Since: null, By: null };

    public bool Matches(DeploymentPhase state, string environment, string? runEnvironment, DateTimeOffset registeredAt, string caller) =>
        (States.IsEmpty || States.Contains(state))
        && (Environment is null || Environment == environment || Environment == runEnvironment)
        && (Since is not { } since || registeredAt >= since)
        && (By is null || By == caller);
}
