using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Tests.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Nodes;

/// <summary>One emulated node under virtual time: its answers come at once, time passes only where a test says so.</summary>
internal sealed class Trial
{
    public const string Caller = "choria=rip.mcollective";
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_795_350_000);

    /// <param name="settings">What the node does, as a flow mapping's inside.</param>
    /// <param name="top">What stands before, such as a speed.</param>
    /// <param name="name">The node's name.</param>
    /// <param name="start">When the clock begins; null for <see cref="Start"/>.</param>
    public Trial(string settings = "", string top = "", string name = "dev1.example.net", DateTimeOffset? start = null)
    {
        Clock = new FakeTimeProvider(start ?? Start);
        Node = new EmulatedNode(new NodeName(name), ScenarioReaderTests.Good($"{top}\ndefaults: {{ {settings} }}"), Clock);
    }

    public FakeTimeProvider Clock { get; }

    public EmulatedNode Node { get; }

    public NodeObservation Now => Node.Observe();

    public Trial Pass(double seconds)
    {
        Clock.Advance(TimeSpan.FromSeconds(seconds));
        return this;
    }

    public AgentAnswer? Ask(string action, string data = "{}", string caller = Caller)
    {
        using var json = JsonDocument.Parse(data);
        return Node.Handle(action, json.RootElement, caller);
    }

    public AgentData.Status Status() => Data<AgentData.Status>(Ask("status"));

    public AgentAnswer Disable(string message = "held") => Ask("disable", JsonSerializer.Serialize(new { message }))!;

    public AgentAnswer Enable() => Ask("enable")!;

    /// <summary>Asks for a run as the orchestrator does.</summary>
    public AgentAnswer Runonce(string options = "\"force\": true") => Ask("runonce", "{" + options + "}")!;

    /// <summary>The answer to last_run_summary with the log, as it stands on the wire.</summary>
    public JsonElement Summary()
    {
        using var json = JsonDocument.Parse(Ask("last_run_summary", """{"logs":true}""")!.ToJson());
        return json.RootElement.GetProperty("data").Clone();
    }

    public static T Data<T>(AgentAnswer? answer) where T : AgentData => Assert.IsType<T>(answer?.Data);
}

internal static class SummaryReading
{
    public static int Number(this JsonElement data, string path) => Find(data, path).GetInt32();

    public static string? Text(this JsonElement data, string path) => Find(data, path).GetString();

    public static bool Has(this JsonElement data, string path)
    {
        var at = data;
        return path.Split('.').All(key => at.TryGetProperty(key, out at));
    }

    public static double Seconds(this JsonElement data, string path) => Find(data, path).GetDouble();

    public static string[] Lines(this JsonElement data) => [.. data.GetProperty("logs").EnumerateArray().Select(l => l.GetProperty("msg").GetString()!)];

    private static JsonElement Find(JsonElement data, string path) => path.Split('.').Aggregate(data, (at, key) => at.GetProperty(key));
}
