using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Api;

/// <summary>What a reading of a whole journal found.</summary>
/// <param name="Journal">The file's whole path.</param>
/// <param name="Bytes">Of the file and its write-ahead log.</param>
/// <param name="Deployments">How many it knows.</param>
/// <param name="Events">How many events were replayed.</param>
/// <param name="Findings">What breaks a rule; empty where nothing does.</param>
public sealed record JournalReview(string Journal, long Bytes, int Deployments, long Events, ImmutableArray<JournalFinding> Findings);

/// <param name="Deployment">Left out where it is about the journal as a whole.</param>
/// <param name="Event">
/// The number of the event in that history, from 1, or in the coordinator's where no deployment is named; left out where it is about none.
/// </param>
/// <param name="Problem">A sentence for people; may carry text from outside.</param>
public sealed record JournalFinding(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DeploymentId? Deployment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Event,
    string Problem);
