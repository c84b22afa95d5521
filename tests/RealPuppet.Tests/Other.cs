namespace Orchestrator.RealPuppet.Tests;

/// <summary>Who else runs Puppet on a node while we deploy, and how.</summary>
public enum Other
{
    /// <summary>Never used.</summary>
    Unknown = 0,

    /// <summary><c>puppet apply</c> of a manifest of its own, all well: no run lock, no look at the disabled lock, the same summary file.</summary>
    Apply,

    /// <summary>The same with a resource that fails.</summary>
    FailingApply,

    /// <summary><c>puppet agent --tags</c> with a tag that no resource carries: nothing is applied.</summary>
    Tags,

    /// <summary><c>puppet agent --noop</c>.</summary>
    Noop,

    /// <summary><c>puppet agent --environment staging</c>.</summary>
    Staging,

    /// <summary>A whole run of <c>puppet agent</c>, such as cron starts: as good as ours.</summary>
    Full,

    /// <summary>Puppet's daemon is there, and its own run comes due.</summary>
    Daemon,
}
