namespace Orchestrator.Messages.Deployments;

/// <summary>What a list says of a deployment beside its numbers: whether somebody has to do something, and why it stands as it does.</summary>
public static class DeploymentNotes
{
    /// <summary>Whether somebody has to do something about it. Such deployments come first in a list.</summary>
    public static bool NeedsPerson(this DeploymentLine line) =>
        !line.Imported && (!line.Active || line.Attention is not null || (line.State.IsEnd() && line.Keeps > 0));

    /// <summary>Whether it goes on by itself.</summary>
    public static bool GoesOn(this DeploymentLine line) => !line.Imported && !line.NeedsPerson() && (!line.State.IsEnd() || line.Releases);

    /// <summary>Why it stands as it does, as the rest of a sentence that begins with it; null where its state says all.</summary>
    public static string? Note(this DeploymentLine line) => line switch
    {
        { Imported: true } => "was imported from another journal: it can only be read",
        { Active: false, Attention: DeploymentLine.CannotBeCarriedOn } => "cannot continue: its plan or its history in the journal cannot be read",
        // Nobody carries it on, also where its history has its end and nobody else knows.
        { Active: false } => "is not running, its host has exited",
        { Approval: { } approval } => $"waits for approval{OfAnother(approval)}",
        { Releases: true } => "its nodes are being enabled",
        _ when line.State.IsEnd() && line.Keeps > 0 => KeepsText(line),
        { State: DeploymentPhase.Paused } => "is paused",
        { Attention: not null } => "needs action",
        { WaitsFor: { IsDefaultOrEmpty: false } waitsFor } => $"waits for nodes reserved by {string.Join(", ", waitsFor)}",
        _ => null,
    };

    private static string OfAnother(PossibleVerb approval) =>
        approval.NotBy is { Count: > 0 } people ? $" by another person than {string.Join(" and ", people)}" : "";

    private static string KeepsText(DeploymentLine line)
    {
        var unclear = line.Unclear == 0 ? ""
            : $"{Phrases.Count(line.Unclear, "node")} {Phrases.Agree(line.Unclear, "is", "are")} not as {Phrases.Agree(line.Unclear, "it", "they")} should "
                + $"be ({Phrases.FirstOf(line.UnclearNodes ?? [], line.Unclear, DeploymentLine.MostUnclearNodes)})";
        return line.Held == 0 ? unclear : $"still holds {Phrases.Count(line.Held, "node")}{(unclear.Length > 0 ? $", and {unclear}" : "")}";
    }
}
