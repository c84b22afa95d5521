using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorEvents;

namespace Orchestrator.Domain.Coordination;

/// <content>Deployments that come from another journal, and those that leave this one.</content>
public sealed partial class Coordination
{
    private void OnImport(CoordinatorProtocol.ImportDeployment m, long question)
    {
        var r = m.Registered;
        if (_state.Find(r.Id) is not null)
        {
            Answer(question, Denials.Exists(r.Id));
            return;
        }
        Write(new DeploymentImported(
            r.Id, r.PlanId, r.Environment, r.Fleet, r.Options, r.Caller, r.NodeCount, r.At, m.End, m.EndedAt, m.By, _host.Now.TimeOfDay));
        Answer(question, new CoordinatorProtocol.Deployments([DeploymentLines.Of(_state, _state.Find(r.Id)!, _host)]));
    }

    /// <summary>What was retried since somebody looked has not ended before that time, or holds nodes: it stays.</summary>
    private void OnPrune(CoordinatorProtocol.PruneDeployments m, long question)
    {
        ImmutableArray<Messages.DeploymentId> ids = [.. m.Ids.Where(id => _state.Find(id) is { } entry && _state.IsPrunable(entry, m.EndedBefore))];
        if (!ids.IsEmpty)
            Write(new DeploymentsPruned(ids, m.ExportedTo, m.By, _host.Now.TimeOfDay));
        Answer(question, new CoordinatorProtocol.Forgotten(_state.Pruned, [.. _state.Entries.Values.Select(e => e.Registered.PlanId)]));
    }
}
