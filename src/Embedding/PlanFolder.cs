using Orchestrator.Actors.Deployments;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Embedding;

/// <summary>Keeps plans as files of a folder, each under its hash, for a service that has no better place beside its journal.</summary>
public sealed class PlanFolder : IPlanStore
{
    private readonly string _folder;

    /// <param name="folder">Made where it is missing. It belongs to the journal: neither is of use without the other.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public PlanFolder(string folder) => _folder = Directory.CreateDirectory(folder).FullName;

    public async Task SaveAsync(Plan plan, CancellationToken cancellationToken)
    {
        if (PlanJson.IdOf(plan) != plan.Id)
            throw new ArgumentException($"the id of the plan {plan.Id} does not match its content", nameof(plan));
        var file = FileOf(plan.Id);
        if (File.Exists(file))
            return;
        // Whole or not at all: a deployment whose plan is torn could not be carried on.
        var unfinished = $"{file}.{Guid.NewGuid():N}";
        try
        {
            await using (var stream = new FileStream(unfinished, FileMode.CreateNew, FileAccess.Write))
            {
                await stream.WriteAsync(PlanJson.Write(plan), cancellationToken);
                stream.Flush(flushToDisk: true);
            }
            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    public async Task<Plan> LoadAsync(PlanId id, CancellationToken cancellationToken)
    {
        if (!PlanId.IsOne(id.Value) || !File.Exists(FileOf(id)))
            throw new InvalidDataException($"there is no plan {id} in {_folder}");
        var json = await File.ReadAllBytesAsync(FileOf(id), cancellationToken);
        // Off the actor's thread: a plan of 20,000 nodes takes a while.
        return await Task.Run(
            () => PlanJson.Read(json) is var plan && PlanJson.IdOf(plan) == id
                ? plan
                : throw new InvalidDataException($"{FileOf(id)} does not hold the plan {id}"),
            cancellationToken);
    }

    private string FileOf(PlanId id) => Path.Combine(_folder, $"{id.Value[PlanId.Prefix.Length..]}.json");
}
