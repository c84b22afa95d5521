using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Orchestrator.Messages.Deployments;

/// <summary>The words of enums as people and programs read them: the same as in JSON.</summary>
public static class DeploymentWords
{
    private static readonly Dictionary<Outcome, string> Outcomes = WordsOf(MessagesJson.Plain.Outcome);
    private static readonly Dictionary<Cause, string> Causes = WordsOf(MessagesJson.Plain.Cause);
    private static readonly Dictionary<DeploymentPhase, string> Phases = WordsOf(MessagesJson.Plain.DeploymentPhase);
    private static readonly Dictionary<ReportPhase, string> ReportPhases = WordsOf(MessagesJson.Plain.ReportPhase);
    private static readonly Dictionary<Attention, string> Attentions = WordsOf(MessagesJson.Plain.Attention);
    private static readonly Dictionary<Hold, string> Holds = WordsOf(MessagesJson.Plain.Hold);
    private static readonly Dictionary<Standing, string> Standings = WordsOf(MessagesJson.Plain.Standing);
    private static readonly Dictionary<Verb, string> Verbs = WordsOf(MessagesJson.Plain.Verb);

    public static string Word(this Outcome outcome) => Outcomes[outcome];
    public static string Word(this Cause cause) => Causes[cause];
    public static string Word(this DeploymentPhase phase) => Phases[phase];
    public static string Word(this ReportPhase phase) => ReportPhases[phase];
    public static string Word(this Attention attention) => Attentions[attention];
    public static string Word(this Hold hold) => Holds[hold];
    public static string Word(this Standing standing) => Standings[standing];
    public static string Word(this Verb verb) => Verbs[verb];

    /// <summary>Why a node waits for a free slot: <c>at most 50 nodes of the fleet may run Puppet at once</c>.</summary>
    public static string PlaceLimit(this DeploymentOptions options) =>
        $"at most {Phrases.Count(options.MaxRunning ?? 0, "node")} of the fleet may run Puppet at once";

    /// <summary>That so many nodes wait for a free slot, and why.</summary>
    public static string WaitForPlaces(this DeploymentOptions options, int nodes) =>
        $"{Phrases.Count(nodes, "node")} {Phrases.Agree(nodes, "is", "are")} waiting for a free slot: {options.PlaceLimit()}";

    private static Dictionary<T, string> WordsOf<T>(JsonTypeInfo<T> info) where T : struct, Enum =>
        Enum.GetValues<T>().ToDictionary(value => value, value => JsonSerializer.SerializeToElement(value, info).GetString()!);
}
