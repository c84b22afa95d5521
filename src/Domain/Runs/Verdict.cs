using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Runs;

/// <summary>The truth about one run: its outcome, the proofs that lack, and what a person should read.</summary>
/// <param name="IsOurs">
/// False where the run is somebody else's or may be, see <see cref="CountsAsOurs"/>, or none has ended since. True also where it cannot be
/// told by its times: such a run is unproven, not another's.
/// </param>
/// <param name="CountsAsOurs">Ours, or another's that is as good: all proofs but the second, full, not noop, begun after our enable.</param>
/// <param name="Outcome">
/// The outcome if the run counts as ours; <see cref="Messages.Deployments.Outcome.FailedDisplaced"/> where it is another's that does not, and
/// <see cref="Messages.Deployments.Outcome.FailedUnproven"/> with proof 1 lacking where no run was seen to end.
/// </param>
/// <param name="Lacking">The numbers (1 to 8) of the proofs that lack, ascending; empty where it succeeded.</param>
/// <param name="Changed">Changed resources; null where unknown.</param>
/// <param name="WouldChange">Noop runs: resources that would change; null otherwise.</param>
/// <param name="Message">One sentence that says what happened; may carry text from outside.</param>
/// <param name="ErrorLines">The log's lines that a person needs, whole; of very many or long ones the middle is left out, with a mark.</param>
/// <param name="Warnings">Sentences about what is odd but no failure (single noop resources, another environment).</param>
/// <param name="Changes">What the log says was changed or would be; null where it says nothing of the kind.</param>
/// <param name="Deviation">What it shows unasked: a habit where it counts as ours, else why it may be another's. Null for nothing, or surely another's.</param>
/// <param name="IsApply">No agent's run but <c>puppet apply</c>'s, which takes no lock: ours may still be on or on its way.</param>
/// <param name="Cause">Why, where that is known more closely than by the outcome.</param>
/// <param name="RanIn">The environment that the run really had in the end; null where that is not known.</param>
public sealed record Verdict(
    bool IsOurs,
    bool CountsAsOurs,
    Outcome Outcome,
    ImmutableArray<int> Lacking,
    int? Changed,
    int? WouldChange,
    string Message,
    ImmutableArray<string> ErrorLines,
    ImmutableArray<string> Warnings,
    RunChanges? Changes = null,
    RunDeviation? Deviation = null,
    bool IsApply = false,
    Cause? Cause = null,
    string? RanIn = null);
