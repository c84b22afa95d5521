namespace Orchestrator.Host.Process;

/// <summary>Whether the host is about to exit, so that it takes nothing new on.</summary>
public sealed class GoingAway
{
    private volatile bool _is;

    public bool Is => _is;

    public void Begin() => _is = true;
}

/// <summary>The host is about to exit; nothing of the request was done.</summary>
public sealed class GoingAwayException() : Exception("the host is shutting down and takes nothing new on: try again when it is back");
