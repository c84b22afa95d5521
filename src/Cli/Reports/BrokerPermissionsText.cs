using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Reports;

/// <summary>What a broker must allow, as a part of nats-server's configuration that stands by itself. Pure.</summary>
internal static class BrokerPermissionsText
{
    public static IEnumerable<Line> Lines(BrokerPermissionsView view)
    {
        yield return $"# What the broker of the fleet {view.Fleet} must allow, and no more.";
        if (view.Login == BrokerLoginKind.Credentials)
        {
            yield return "# This fleet logs in with credentials, so the permissions belong in each user's JWT, not in";
            yield return "# nats-server's configuration: see \"nsc edit user --help\".";
            foreach (var user in view.Users)
                yield return $"# {user.Node?.Value ?? view.CallerId}: {Permissions(user)}";
            yield break;
        }
        yield return "# Include this file in nats-server's configuration, and set verify_and_map: true in its tls block: each";
        yield return "# user is then known by an alternative name or by the subject of its certificate; others are refused.";
        yield return "authorization {";
        yield return "  users: [";
        yield return $"    # The caller {view.CallerId}";
        foreach (var line in Entries(view.Users[0], view.Login == BrokerLoginKind.NKey ? "nkey" : "user"))
            yield return line;
        if (view.Users.Length > 1)
        {
            yield return "    # Nodes: requests to each reach that node alone";
            foreach (var line in view.Users.Skip(1).SelectMany(u => Entries(u, "user")))
                yield return line;
        }
        else
        {
            yield return "    # Nodes are refused until they are listed too: orchestrator config --broker-permissions SITE";
        }
        yield return "  ]";
        yield return "}";
    }

    private static IEnumerable<Line> Entries(BrokerUser user, string key) =>
        user.Names.Select(n => (Line)$"    {{ {key}: {Quoted(n)}, permissions: {Permissions(user)} }}");

    private static string Permissions(BrokerUser user) =>
        $"{{ publish: [{string.Join(", ", user.Publish.Select(Quoted))}], subscribe: [{string.Join(", ", user.Subscribe.Select(Quoted))}] }}";

    private static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
