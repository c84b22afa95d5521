namespace Orchestrator.Host.Process;

/// <summary>What a service takes up anew while it runs, beside its log's level.</summary>
public interface IReloaded
{
    /// <summary>Reads it again, by the settings as they are now.</summary>
    /// <returns>Why what was there before stays in use, one sentence; null where it does not.</returns>
    Task<string?> ReloadAsync(HostSettings settings);
}
