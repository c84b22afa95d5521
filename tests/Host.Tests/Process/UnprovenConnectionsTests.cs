using System.Net;
using CsCheck;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Tests.Process;

public sealed class UnprovenConnectionsTests
{
    private const int Peers = 5;

    private static readonly Gen<(int, int, int)[]> Steps = Gen.Select(Gen.Int[0, 4], Gen.Int[0, Peers - 1], Gen.Int[0, 99]).Array[0, 200];

    private static IPAddress Address(int peer) => IPAddress.Parse($"203.0.113.{peer}");

    private sealed class Model(int peer)
    {
        public int Peer => peer;

        public int Closed { get; set; }

        public Unproven Entered { get; set; } = null!;
    }

    /// <summary>However peers come, show who they are and go.</summary>
    [Fact]
    public void There_are_never_too_many_and_only_the_oldest_of_the_one_who_has_the_most_has_to_go() =>
        Gen.Select(Gen.Int[2, 12], Gen.Int[1, 6], Steps).Sample((most, mostOfOne, steps) =>
        {
            var told = 0;
            var connections = new UnprovenConnections(most, mostOfOne, _ => told++);
            var open = new List<Model>();
            foreach (var (step, peer, pick) in steps)
            {
                if (step > 1)
                {
                    var before = told;
                    var entered = new Model(peer);
                    open.Add(entered);
                    entered.Entered = connections.Enter(Address(peer), () => entered.Closed++);
                    var own = open.Where(m => m.Peer == peer).ToList();
                    var goes = own.Count > mostOfOne ? own[0]
                        : open.Count > most ? open.GroupBy(m => m.Peer).MaxBy(g => g.Count())!.First()
                        : null;
                    Assert.Equal(goes is null ? 0 : 1, told - before);
                    if (goes is not null)
                        Assert.Equal(1, goes.Closed);
                    open.Remove(goes!);
                }
                else if (open.Count > 0)
                {
                    var model = open[pick % open.Count];
                    if (step == 0)
                        model.Entered.Leave();
                    else
                        model.Entered.Expire();
                    Assert.Equal(step, model.Closed);
                    model.Entered.Leave();
                    model.Entered.Expire();
                    Assert.Equal(step, model.Closed);
                    open.Remove(model);
                }
                Assert.Equal(open.Count, connections.Count);
                Assert.All(open, m => Assert.Equal(0, m.Closed));
            }
        });

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("::ffff:203.0.113.1", "203.0.113.1", true)]
    [InlineData("::ffff:203.0.113.1", "::ffff:203.0.113.2", false)]
    [InlineData("203.0.113.1", "203.0.113.2", false)]
    public void All_addresses_of_one_network_of_ipv6_are_one_peer(string first, string second, bool isOne)
    {
        var closed = 0;
        var connections = new UnprovenConnections(10, 1, _ => { });
        foreach (var address in (string[])[first, second])
            connections.Enter(IPAddress.Parse(address), () => closed++);
        Assert.Equal(isOne ? 1 : 0, closed);
    }
}
