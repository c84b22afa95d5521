using System.Text;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Client;

/// <summary>An event of some deployment, with its place among those of all of them.</summary>
/// <param name="Position">Larger than those of all that were recorded before; who goes on after it leaves nothing out.</param>
/// <param name="Deployment">Whose it is.</param>
/// <param name="Event">What happened, with its number in the deployment's own history.</param>
public sealed record JournalEntry(long Position, DeploymentId Deployment, HistoryEvent Event)
{
    internal static JournalEntry Of(JournalHead head, byte[] json) =>
        new(head.Position, new DeploymentId(head.Deployment), HistoryEvent.Of(head.Sequence, json));
}

/// <summary>A page of the events of all deployments.</summary>
/// <param name="Entries">In their order.</param>
/// <param name="Next">After what the next page begins, also where this one is empty. There is nothing more where it is what was asked for.</param>
public sealed record JournalEntries(ImmutableArray<JournalEntry> Entries, long Next)
{
    internal static JournalEntries Of(byte[] json)
    {
        var page = JsonSerializer.Deserialize(json, ClientJson.Default.JournalPageHead) ?? throw new JsonException("it is null");
        return new JournalEntries([.. page.Events.Select(Of)], page.Next);
    }

    private static JournalEntry Of(JsonElement element) => JournalEntry.Of(
        element.Deserialize(ClientJson.Default.JournalHead) ?? throw new JsonException("it has an event that is null"),
        Encoding.UTF8.GetBytes(element.GetRawText()));
}
