using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Host.Coordination;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Api;

/// <summary>
/// Imports and prunes, one at a time. INTENT: a history is in the journal before the coordinator knows of it, and written elsewhere, flushed and read
/// again before the coordinator forgets it; only then is it deleted. Whoever dies in between does it again.
/// </summary>
public sealed class HistoryMoves(
    CoordinatorClient coordinator, PlanStore plans, HistoryStore histories, JournalConnections journal, TimeProvider time) : IDisposable
{
    /// <summary>So many are forgotten in one step, and their space is free before the next ones are written.</summary>
    private const int Step = 100;

    private readonly SemaphoreSlim _one = new(1);

    /// <exception cref="ApiException">It is no whole history, or the deployment is known here.</exception>
    public async Task<DeploymentLine> ImportAsync(Stream file, string by, CancellationToken cancellationToken)
    {
        ReadHistory read;
        try
        {
            read = await HistoryFile.ReadAsync(file, cancellationToken);
        }
        catch (HistoryFileException e)
        {
            throw new ApiException(e.Message, null, e);
        }
        await _one.WaitAsync(cancellationToken);
        try
        {
            var id = read.Entry.Id;
            if (await coordinator.FindAsync(id.Value, cancellationToken) is CoordinatorAnswer<DeploymentLine>.Given { Value.Id: var known } && known == id)
                throw new ApiException(Problems.Of(Denials.Exists(id)));
            if (read.Plan is { } plan)
                await plans.SaveAsync(plan, cancellationToken);
            await Task.Run(() => histories.Write(id, read.Events, time.GetUtcNow()), cancellationToken);
            var end = read.Entry.End?.Phase ?? (read.State.Stage as Stage.Ended)?.End ?? DeploymentPhase.Abandoned;
            var import = new CoordinatorProtocol.ImportDeployment(read.Entry.Registered, end, read.Entry.EndedAt ?? read.LastAt, by);
            return (await coordinator.AskAsync<CoordinatorProtocol.Deployments>(import, cancellationToken).ValueAsync()).Lines[0];
        }
        finally
        {
            _one.Release();
        }
    }

    /// <exception cref="ApiException">The folder cannot be written to; what had been written until then is pruned.</exception>
    public async Task<Pruned> PruneAsync(PruneRequest request, string by, CancellationToken cancellationToken)
    {
        var endedBefore = time.GetUtcNow() - request.OlderThan;
        var bytes = histories.Bytes;
        var prunable = (await coordinator.AskAsync<CoordinatorProtocol.Deployments>(
            new CoordinatorProtocol.ListPrunable(endedBefore), cancellationToken).ValueAsync()).Lines;
        if (request.DryRun)
            return new Pruned(prunable, [], bytes, bytes);
        await _one.WaitAsync(cancellationToken);
        try
        {
            var (done, left) = (ImmutableArray.CreateBuilder<DeploymentLine>(), ImmutableArray.CreateBuilder<PruneLeft>());
            if (!request.Exported)
                CreateFolder(request.ExportTo);
            foreach (var some in prunable.Chunk(Step))
            {
                var exported = new List<DeploymentLine>();
                await Task.Run(() => ExportAsync(some, request, exported, left, cancellationToken), cancellationToken);
                var prune = new CoordinatorProtocol.PruneDeployments([.. exported.Select(d => d.Id)], endedBefore, request.ExportTo, by);
                var forgotten = await coordinator.AskAsync<CoordinatorProtocol.Forgotten>(prune, cancellationToken).ValueAsync();
                await DeleteAsync(forgotten, [.. exported.Select(d => d.Id)]);
                done.AddRange(exported.Where(d => forgotten.Ids.Contains(d.Id)));
            }
            // What an earlier one that was ended in between has left, and the pages that are free now.
            var known = await coordinator.AskAsync<CoordinatorProtocol.Forgotten>(
                new CoordinatorProtocol.PruneDeployments([], endedBefore, request.ExportTo, by), cancellationToken).ValueAsync();
            await DeleteAsync(known, known.Ids);
            var current = await coordinator.CurrentAsync(cancellationToken).ValueAsync();
            var isIdle = !current.Any(d => d.Active && (d.Releases || !d.State.IsEnd()));
            var kept = await Task.Run(() => histories.GiveBack(mayWriteAll: isIdle), CancellationToken.None);
            return new Pruned(done.ToImmutable(), left.ToImmutable(), bytes, histories.Bytes, kept);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private Task DeleteAsync(CoordinatorProtocol.Forgotten forgotten, IEnumerable<DeploymentId> ids) => Task.Run(() =>
    {
        histories.Delete(ids.Where(forgotten.Ids.Contains));
        plans.DeleteUnused(forgotten.Plans);
    });

    private async Task ExportAsync(
        DeploymentLine[] some, PruneRequest request, List<DeploymentLine> exported, ImmutableArray<PruneLeft>.Builder left, CancellationToken cancellationToken)
    {
        var folder = request.ExportTo;
        using var reader = JournalReader.Open(journal.File);
        var export = new HistoryExport(reader);
        foreach (var deployment in some)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var name = $"{deployment.Id}.jsonl";
                if (request.Exported)
                    await HistoryFolder.CheckAsync(folder, name, reader.Events(DeploymentSupervisor.PersistenceIdOf(deployment.Id)));
                else
                    await HistoryFolder.WriteAsync(folder, name, output => export.Write(deployment.Id, output));
                exported.Add(deployment);
            }
            catch (HistoryFileException e) when (request.Exported)
            {
                left.Add(new PruneLeft(deployment.Id, e.Message));
            }
            catch (HistoryFileException e)
            {
                left.Add(new PruneLeft(deployment.Id, $"its history could not be imported again ({e.Message})"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw Unusable(folder, e);
            }
        }
        if (!request.Exported)
            HistoryFolder.Flush(folder);
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(folder, e);
        }
    }

    private static ApiException Unusable(string folder, Exception e) =>
        new($"histories cannot be written to the folder {folder} ({e.Message}): make it writable, free some space, or name another one", "exportTo", e);
}
