using System.Text.Json;
using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Journal;

/// <summary>Writes deployments of a journal as <see cref="HistoryFile"/>s, also those that no host could carry on.</summary>
public sealed class HistoryExport
{
    private readonly JournalReader _journal;

    /// <summary>What the coordinator wrote about each deployment alone, in order; those that are forgotten are not among them.</summary>
    private readonly SortedDictionary<string, List<StoredEvent>> _coordinator = new(StringComparer.Ordinal);

    public HistoryExport(JournalReader journal)
    {
        _journal = journal;
        foreach (var stored in journal.Events(JournalVerification.Coordinator))
            Take(stored);
    }

    /// <summary>The deployments that the journal knows, in ordinal order.</summary>
    public IReadOnlyCollection<string> Ids => _coordinator.Keys;

    public void Write(DeploymentId id, Stream output) =>
        HistoryFile.Write(output, id, PlanOf(id), _coordinator[id.Value], _journal.Events(DeploymentSupervisor.PersistenceIdOf(id)));

    private void Take(StoredEvent stored)
    {
        try
        {
            using var document = JsonDocument.Parse(stored.Bytes);
            if (document.RootElement.TryGetProperty("id", out var id) && id.GetString() is { } one)
            {
                if (!_coordinator.TryGetValue(one, out var events))
                    _coordinator.Add(one, events = []);
                events.Add(stored);
            }
            else if (stored.Manifest == EventManifests.Of(typeof(CoordinatorEvents.DeploymentsPruned)))
            {
                foreach (var pruned in document.RootElement.GetProperty("ids").EnumerateArray())
                    _coordinator.Remove(pruned.GetString()!);
            }
        }
        catch (JsonException)
        {
            // It is about nobody that anybody could find.
        }
    }

    private Plan? PlanOf(DeploymentId id)
    {
        if (_coordinator[id.Value].Select(PlanIdOf).FirstOrDefault(p => p is not null) is not { } plan)
            return null;
        foreach (var compressed in _journal.Plans(plan))
        {
            try
            {
                return PlanStore.Decode(compressed, new PlanId(plan), _journal.File);
            }
            catch (InvalidDataException)
            {
                // The other copy may be whole.
            }
        }
        return null;
    }

    private static string? PlanIdOf(StoredEvent stored)
    {
        using var document = JsonDocument.Parse(stored.Bytes);
        return document.RootElement.TryGetProperty("planId", out var plan) ? plan.GetString() : null;
    }
}
