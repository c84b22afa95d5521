namespace Orchestrator.NodeAgent.Agents;

/// <summary>The actions of the puppet agent.</summary>
public enum AgentAction
{
    /// <summary>No action of the agent's interface.</summary>
    Unknown = 0,

    Status,
    Enable,
    Disable,
    Runonce,
    LastRunSummary,
}

/// <summary>The names of the actions on the wire.</summary>
public static class AgentActions
{
    /// <summary>How many there are, <see cref="AgentAction.Unknown"/> included.</summary>
    public const int Count = 6;

    /// <summary>The action of a name; <see cref="AgentAction.Unknown"/> where the interface has none such.</summary>
    public static AgentAction Named(string name) => name switch
    {
        "status" => AgentAction.Status,
        "enable" => AgentAction.Enable,
        "disable" => AgentAction.Disable,
        "runonce" => AgentAction.Runonce,
        "last_run_summary" => AgentAction.LastRunSummary,
        _ => AgentAction.Unknown,
    };
}
