namespace Orchestrator.NodeAgent.Agents;

/// <summary>The actions of the puppet agent that an emulated node knows.</summary>
public enum AgentAction
{
    /// <summary>No action of the agent's interface.</summary>
    Unknown = 0,

    /// <summary>What the node does now.</summary>
    Status,

    /// <summary>Opens the node to runs.</summary>
    Enable,

    /// <summary>Closes the node to runs.</summary>
    Disable,

    /// <summary>Asks for one run.</summary>
    Runonce,

    /// <summary>What the last run did.</summary>
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
