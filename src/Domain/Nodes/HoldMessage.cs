using System.Text;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Nodes;

/// <summary>
/// The text with which a deployment disables a node, and how to know it again. The puppet agent's <c>disable</c> takes
/// at most 120 characters and none of <c>` $ ; | &amp;&amp; &gt; &lt;</c>.
/// </summary>
public static class HoldMessage
{
    private const int Longest = 120;
    private const string Before = "Held by Orchestrator deployment ";
    private const string BeforeCaller = " for ";
    private const string BeforeDescription = ": ";
    private const string Forbidden = "`$;|&><";

    /// <summary>The message of a deployment that <paramref name="caller"/> asked for, with as much of what it is for as there is room.</summary>
    public static string For(DeploymentId id, string caller, string? description = null)
    {
        var text = new StringBuilder(Before).Append(id.Value).Append(BeforeCaller);
        foreach (var character in description is null ? caller : $"{caller}{BeforeDescription}{description}")
            text.Append(char.IsControl(character) || Forbidden.Contains(character, StringComparison.Ordinal) || character > '~' ? '_' : character);
        return text.Length <= Longest ? text.ToString() : text.ToString(0, Longest);
    }

    /// <summary>Whether a node that says this is disabled by the deployment.</summary>
    public static bool Carries(string disableMessage, DeploymentId id) => DeploymentOf(disableMessage) == id;

    /// <summary>Who asked for the deployment, as its message has it: cut to what fitted, without what may not stand there. Empty for any other.</summary>
    public static string CallerOf(string disableMessage) =>
        DeploymentOf(disableMessage) is { Value.Length: var length } && disableMessage[(Before.Length + length)..] is var rest
            && rest.StartsWith(BeforeCaller, StringComparison.Ordinal)
            ? rest[BeforeCaller.Length..].Split(BeforeDescription)[0]
            : "";

    /// <summary>The deployment whose message this is; null for anybody else's.</summary>
    public static DeploymentId? DeploymentOf(string disableMessage)
    {
        if (!disableMessage.StartsWith(Before, StringComparison.Ordinal))
            return null;
        var rest = disableMessage.AsSpan(Before.Length);
        var end = rest.IndexOf(' ');
        return end > 0 ? new DeploymentId(rest[..end].ToString()) : null;
    }
}
