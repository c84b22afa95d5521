using System.Text.Json;

namespace Orchestrator.Messages.Deployments;

/// <summary>The words of enums as people and programs read them: the same as in JSON.</summary>
public static class DeploymentWords
{
    private static readonly string[] Outcomes =
        [.. Enum.GetValues<Outcome>().Select(o => Text(JsonSerializer.SerializeToElement(o, MessagesJson.Plain.Outcome)))];
    private static readonly string[] Causes = [.. Enum.GetValues<Cause>().Select(c => Text(JsonSerializer.SerializeToElement(c, MessagesJson.Plain.Cause)))];
    private static readonly string[] Holds = [.. Enum.GetValues<Hold>().Select(h => Text(JsonSerializer.SerializeToElement(h, MessagesJson.Plain.Hold)))];
    private static readonly string[] Attentions =
        [.. Enum.GetValues<Attention>().Select(a => Text(JsonSerializer.SerializeToElement(a, MessagesJson.Plain.Attention)))];
    private static readonly string[] ReportPhases =
        [.. Enum.GetValues<ReportPhase>().Select(p => Text(JsonSerializer.SerializeToElement(p, MessagesJson.Plain.ReportPhase)))];
    private static readonly Dictionary<DeploymentPhase, string> Phases =
        Enum.GetValues<DeploymentPhase>().ToDictionary(p => p, p => Text(JsonSerializer.SerializeToElement(p, MessagesJson.Plain.DeploymentPhase)));

    public static string Word(this Outcome outcome) => Outcomes[(int)outcome];
    public static string Word(this Cause cause) => Causes[(int)cause];
    public static string Word(this DeploymentPhase phase) => Phases[phase];
    public static string Word(this ReportPhase phase) => ReportPhases[(int)phase];
    public static string Word(this Attention attention) => Attentions[(int)attention];
    public static string Word(this Hold hold) => Holds[(int)hold];

    /// <summary>Why a node waits for a free slot: <c>at most 50 nodes of the fleet may run Puppet at once (--max-running)</c>.</summary>
    public static string PlaceLimit(this DeploymentOptions options) =>
        $"at most {Phrases.Count(options.MaxRunning ?? 0, "node")} of the fleet may run Puppet at once (--max-running)";

    /// <summary>That so many nodes wait for a free slot, and why.</summary>
    public static string WaitForPlaces(this DeploymentOptions options, int nodes) =>
        $"{Phrases.Count(nodes, "node")} {Phrases.Agree(nodes, "is", "are")} waiting for a free slot: {options.PlaceLimit()}";

    private static string Text(JsonElement element) => element.GetString()!;
}
