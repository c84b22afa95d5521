namespace Orchestrator.Messages.Nodes;

/// <summary>One call of the puppet agent's actions on a node. Equal requests may leave as one signed wave.</summary>
public abstract record NodeRequest
{
    private NodeRequest() { }

    /// <summary>The action's name on the wire.</summary>
    public abstract string Action { get; }

    /// <summary>True where the call changes the node: such calls carry a fence and are never repeated blindly by the fleet.</summary>
    public virtual bool IsAct => true;

    /// <param name="TimeToLive">After this long by its own clock the node drops it: long where that clock may be wrong. Null for the usual time.</param>
    public sealed record Status(TimeSpan? TimeToLive = null) : NodeRequest
    {
        public override string Action => "status";

        public override bool IsAct => false;
    }

    /// <param name="Logs">Whether the log lines are wanted; they can be large.</param>
    public sealed record LastRunSummary(bool Logs) : NodeRequest
    {
        public override string Action => "last_run_summary";

        public override bool IsAct => false;
    }

    /// <summary>Closes the node to all runs but one that is already applying.</summary>
    /// <param name="Message">Who and why: at most 120 characters, none of <c>` $ ; | &amp;&amp; &gt; &lt;</c>.</param>
    public sealed record Disable(string Message) : NodeRequest
    {
        public override string Action => "disable";
    }

    public sealed record Enable : NodeRequest
    {
        public override string Action => "enable";
    }

    /// <summary>Asks for one Puppet run. A null option is not sent: a node whose daemon is signalled refuses every option but force.</summary>
    /// <param name="Force">Always true: without it the agent splays.</param>
    /// <param name="UseCachedCatalog">False asks for a catalog of the server (and does not prevent Puppet's own fallback).</param>
    /// <param name="Environment">The Puppet environment of this run only.</param>
    /// <param name="Tags">Puppet tags with commas between them: only resources with one of them are applied.</param>
    public sealed record Runonce(bool Force, bool? Noop, bool? UseCachedCatalog, string? Environment, string? Tags = null) : NodeRequest
    {
        public override string Action => "runonce";
    }
}
