using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.RealPuppet.Tests;

/// <summary>An emulated node that does what a real one did, by a test's clock: each run takes the lock after a second and holds it for four.</summary>
internal sealed class EmulatedTwin
{
    private const double Lag = 1;
    private const double Held = 4;
    private readonly EmulatedNode _node;
    private readonly FakeTimeProvider _clock;

    /// <param name="real">Whose twin it is.</param>
    /// <param name="settings">What it does, in the words of a scenario.</param>
    /// <param name="runsEnd">When its next run ends, epoch seconds.</param>
    public EmulatedTwin(RealNode real, string settings, long runsEnd)
    {
        _clock = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(runsEnd).AddSeconds(0.5 - Lag - Held));
        var reading = ScenarioReader.Read(Encoding.UTF8.GetBytes($"defaults: {{ {settings}, start-lag: {Lag}s, run: {Held}s }}"), "the twin's scenario");
        _node = new EmulatedNode(real.Name, reading.Scenario ?? throw new ArgumentException(string.Join("; ", reading.Problems)), _clock);
    }

    /// <summary>Asks for a run and lets it end; what it then answers with the log at a moment of its clock.</summary>
    public JsonElement Run(string options, long now)
    {
        Assert.Equal(0, Ask("runonce", options).Code);
        Pass(Lag + Held);
        _clock.SetUtcNow(DateTimeOffset.FromUnixTimeSeconds(now).AddSeconds(0.7));
        return Data("last_run_summary", """{"logs":true}""");
    }

    /// <summary>The run takes the lock.</summary>
    public void Begin() => Pass(Lag + 0.5);

    /// <summary>The summary has been written, the lock is still there.</summary>
    public void Written() => Pass(Held - 0.51);

    /// <summary>The lock is gone.</summary>
    public void End() => Pass(0.1);

    /// <summary>The data of an answer.</summary>
    public JsonElement Data(string action, string data = "{}") => JsonDocument.Parse(Ask(action, data).ToJson()).RootElement.GetProperty("data");

    /// <summary>An answer.</summary>
    public NodeAgent.Agents.AgentAnswer Ask(string action, string data = "{}")
    {
        using var json = JsonDocument.Parse(data);
        return _node.Handle(action, json.RootElement, RealNode.Caller)!;
    }

    private void Pass(double seconds) => _clock.Advance(TimeSpan.FromSeconds(seconds));
}
