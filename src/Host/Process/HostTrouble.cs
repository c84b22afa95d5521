namespace Orchestrator.Host.Process;

/// <summary>Tells why deployments may stand still although somebody carries them on.</summary>
/// <param name="look">Looks; it is asked often.</param>
public sealed class HostTrouble(Func<string?> look)
{
    /// <summary>One sentence for people; null where all is well.</summary>
    public string? Now => look();
}
