namespace Orchestrator.Actors.Deployments;

/// <summary>
/// Whether this host may still act. A journal has one owner: what another host does by the same journal at the same time nobody could take up again, and
/// an act whose intent lies in a file that is gone is forgotten with it.
/// </summary>
public interface IJournalOwnership
{
    /// <summary>One sentence why nothing may be done to a node now; null where it may. Asked before each wave of acts, off the actor's thread.</summary>
    Task<string?> WhyNotActAsync();
}
