namespace Orchestrator.Host.Process;

/// <summary>For whom something is done: it goes along with whatever a request waits for, so that a place deep inside is taken in the caller's name.</summary>
public static class OnBehalfOf
{
    /// <summary>What no request asked for, or several together. No caller has a blank in it.</summary>
    public const string Host = "the host";

    private static readonly AsyncLocal<string?> Known = new();

    public static string Caller
    {
        get => Known.Value ?? Host;
        set => Known.Value = value;
    }
}
