using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Serving;
using Orchestrator.NodeAgent.Tests.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Network;

/// <summary>How old a request may be on the wire is each node's to tell, by its own clock; the recorded ones live for 60 s.</summary>
public sealed class RequestAgeTests
{
    private static readonly Recording ToAll = Recording.Read("05-status-broadcast")[0];
    private static readonly Recording ToOne = Recording.Read("03-status-never-run")[0];

    [Theory]
    [InlineData(0, "dev2 dev3 dev4")]
    [InlineData(50, "dev2 dev3")]
    [InlineData(61, "dev3")]
    [InlineData(151, "")]
    public void A_request_to_all_is_carried_out_where_it_is_young_enough(int age, string nodes)
    {
        var taken = Take(ToAll, age);
        Assert.Equal(nodes, string.Join(' ', (taken?.Nodes ?? []).Select(n => n.Name.Value.Split('.')[0]).Order(StringComparer.Ordinal)));
    }

    [Fact]
    public void A_request_to_a_node_whose_clock_is_ahead_by_more_than_its_time_to_live_gets_silence_and_a_reason()
    {
        var refused = Assert.Throws<WireException>(() => Open(ToOne, 0));
        Assert.Equal(WireFault.Time, refused.Fault);
        Assert.EndsWith("is older than its time to live of 60 s", refused.Message, StringComparison.Ordinal);
    }

    private static TakenRequest? Take(Recording request, int age)
    {
        try
        {
            return Open(request, age);
        }
        catch (WireException e) when (e.Fault == WireFault.Time)
        {
            return null;
        }
    }

    private static TakenRequest? Open(Recording request, int age)
    {
        var sentAt = DateTimeOffset.FromUnixTimeSeconds(request.Envelope.GetProperty("time").GetInt64());
        var clock = new FakeTimeProvider(sentAt.AddSeconds(age));
        var scenario = ScenarioReaderTests.Good(
            "nodes: { dev1.example.net: { clock: +90s }, dev3.example.net: { clock: -90s }, dev4.example.net: { clock: +20s } }");
        using var verifier = new RequestVerifier(Recording.Authorities, [RequestVerifier.DefaultAllowed], clock);
        var nodes = Enumerable.Range(1, 4).Select(i => new EmulatedNode(new NodeName($"dev{i}.example.net"), scenario, clock));
        return new NodeServers("mcollective", nodes, new RequestGate(verifier)).Take(request.Subject, request.Payload);
    }
}
