using System.Text;
using System.Text.Json;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Testing;

/// <summary>The conversations of tests/fixtures/wire, opened down to the body.</summary>
public static class Recordings
{
    internal static readonly string Folder = FindFolder();

    /// <summary>Every recorded reply of the puppet agent, in order of time within its conversation.</summary>
    public static IEnumerable<Recorded> All => Directory.EnumerateDirectories(Folder)
        .Where(d => File.Exists(Path.Combine(d, "timeline.jsonl"))).Order(StringComparer.Ordinal).SelectMany(Read); // a plan is nothing on the wire

    /// <summary>The replies of one conversation, named by the folder or its first part.</summary>
    public static IReadOnlyList<Recorded> Of(string conversation) =>
        Read(Directory.EnumerateDirectories(Folder, conversation + "*").Single()).ToList();

    /// <summary>The only reply of a kind in one conversation, or the last where a conversation has several.</summary>
    public static T Last<T>(string conversation, string? node = null) where T : NodeReply =>
        Of(conversation).Where(r => node is null || r.Node == node).Select(r => r.Parsed).OfType<T>().Last();

    private static IEnumerable<Recorded> Read(string folder)
    {
        var actions = new Dictionary<string, string>();
        foreach (var line in File.ReadLines(Path.Combine(folder, "timeline.jsonl")))
        {
            using var message = JsonDocument.Parse(line);
            var root = message.RootElement;
            var body = root.GetProperty("body");
            if (root.GetProperty("envelope").ValueKind != JsonValueKind.Object || body.ValueKind != JsonValueKind.Object)
            {
                continue; // a ping, or layers in YAML
            }
            var id = root.GetProperty("envelope").GetProperty("requestid").GetString()!;
            if (body.TryGetProperty("action", out var action))
            {
                actions[id] = action.GetString()!;
            }
            else if (actions.TryGetValue(id, out var asked))
            {
                var envelope = root.GetProperty("envelope");
                yield return new Recorded(
                    $"{Path.GetFileName(folder)}/{root.GetProperty("message").GetString()}",
                    envelope.GetProperty("senderid").GetString()!,
                    asked,
                    Encoding.UTF8.GetBytes(body.GetRawText()),
                    DateTimeOffset.FromUnixTimeSeconds(envelope.GetProperty("time").GetInt64()));
            }
        }
    }

    private static string FindFolder()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            var folder = Path.Combine(at.FullName, "tests", "fixtures", "wire");
            if (Directory.Exists(folder))
                return folder;
        }
        throw new DirectoryNotFoundException("tests/fixtures/wire is in no folder above the tests' own");
    }
}

/// <summary>One recorded reply.</summary>
public sealed record Recorded(string Name, string Node, string Action, byte[] Body, DateTimeOffset SentAt)
{
    public NodeReply Parsed => PuppetAgentReplies.Parse(Action, Body, SentAt);
}
