using CsCheck;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Tests.Nodes.Throttling;

/// <summary>How the permits of a fleet are shared: limits, turns, that all who wait get one, and who is counted after a restart.</summary>
public sealed class ConcurrencyLimiterTests
{
    private const int Cases = 10_000;
    private static readonly DeploymentId A = new("aaaaaaaa");
    private static readonly DeploymentId B = new("bbbbbbbb");
    private readonly ConcurrencyLimiter _limiter = new();

    [Fact]
    public void Up_to_the_limit_a_permit_is_granted_at_once_and_then_in_order_of_arrival()
    {
        Assert.Equal(["a1"], Ask("a1", 2));
        Assert.Equal(["a2"], Ask("a2", 2));
        Assert.Empty(Ask("a3", 2));
        Assert.Empty(Ask("a4", 2));

        Assert.Equal(["a3"], Return("a1"));
        Assert.Equal((2, 1), (_limiter.InUse, _limiter.Waiting));
        Assert.Equal(["a4"], Return("a2"));
    }

    [Fact]
    public void Deployments_take_turns_however_many_nodes_each_has_waiting()
    {
        Ask("a0", 1);
        for (var i = 1; i <= 10; i++)
            Ask($"a{i}", 1);
        Ask("b1", 1);
        Ask("b2", 1);

        var order = new List<string>();
        for (var running = "a0"; Return(running) is [var next]; running = next)
            order.Add(next);

        Assert.Equal(["a1", "b1", "a2", "b2", "a3", "a4"], order[..6]);
        Assert.Equal(12, order.Count);
    }

    [Fact]
    public void Whose_limit_is_reached_is_passed_over_but_no_more_often_than_the_higher_limit_and_then_the_others_wait_for_it()
    {
        Ask("b1", 3);
        Ask("b2", 3);
        Assert.Empty(Ask("a1", 1));
        Assert.Empty(Ask("a2", 1));
        Assert.Equal(["b3"], Ask("b3", 3));
        for (var i = 4; i <= 9; i++)
            Assert.Empty(Ask($"b{i}", 3));

        Assert.Equal(["b4"], Return("b1"));
        Assert.Equal(["b5"], Return("b2"));
        // Three have begun before a1.
        Assert.Empty(Return("b3"));
        Assert.Empty(Return("b4"));
        Assert.Equal(["a1", "b6", "b7"], Return("b5"));
        // The one of them that began in its own turn has passed nobody.
        Assert.Equal(["b8"], Return("a1"));
        Assert.Equal(["b9"], Return("b6"));
        Assert.Empty(Return("b7"));
        Assert.Empty(Return("b8"));
        Assert.Equal(["a2"], Return("b9"));
    }

    [Fact]
    public void One_that_no_longer_waits_holds_nobody_up()
    {
        Ask("b1", 2);
        Ask("a1", 1);
        Ask("b2", 2);
        Ask("b3", 2);
        Ask("b4", 2);
        Assert.Equal(["b3"], Return("b1"));
        Assert.Empty(Return("b2"));
        Assert.Equal(["b4"], Return("a1"));
    }

    [Fact]
    public void Who_runs_already_takes_a_permit_over_the_limit_and_the_others_count_it()
    {
        Ask("a1", 1);
        _limiter.AcquireNow(PermitHolder("b1"));
        _limiter.AcquireNow(PermitHolder("b1"));
        Assert.Equal(2, _limiter.InUse);
        Assert.Empty(Ask("a2", 1));
        Assert.Empty(Return("a1"));
        Assert.Equal(["a2"], Return("b1"));
    }

    [Fact]
    public void Who_waits_no_longer_is_passed_over_also_where_it_asks_again()
    {
        Ask("a1", 1);
        Ask("a2", 1);
        Ask("a3", 1);
        Assert.Empty(Return("a2"));
        Assert.Empty(Ask("a2", 1));

        Assert.Equal(["a3"], Return("a1"));
        Assert.Equal(["a2"], Return("a3"));
        Assert.Equal((1, 0), (_limiter.InUse, _limiter.Waiting));
    }

    [Fact]
    public void Who_waits_and_then_runs_all_the_same_waits_no_longer()
    {
        Ask("a1", 1);
        Ask("a2", 1);
        _limiter.AcquireNow(PermitHolder("a2"));
        Assert.Equal((2, 0), (_limiter.InUse, _limiter.Waiting));
        Assert.Empty(Return("a1"));
        Assert.Empty(Return("a2"));
        Assert.Equal(["a2"], Ask("a2", 1));
    }

    [Fact]
    public void Asking_twice_is_asking_once()
    {
        Assert.Equal(["a1"], Ask("a1", 1));
        Assert.Equal(["a1"], Ask("a1", 1));
        Ask("a2", 1);
        Assert.Empty(Ask("a2", 1));
        Assert.Equal(["a2"], Return("a1"));
        Assert.Empty(Return("a2"));
    }

    [Fact]
    public void After_a_restart_nobody_is_granted_a_permit_before_the_runs_of_every_deployment_are_counted()
    {
        _limiter.AwaitRecovery(A);
        _limiter.AwaitRecovery(B);
        Assert.Empty(Ask("a1", 2));
        Assert.Empty(Open(A));
        // It asks again once its deployment is open.
        Assert.Equal(0, _limiter.Waiting);
        Assert.Empty(Ask("a1", 2));
        Assert.Empty(Ask("a2", 2));

        Assert.Equal(["a1"], Open(B, "b1"));
        _limiter.AcquireNow(PermitHolder("b1"));
        Assert.Equal((2, 1), (_limiter.InUse, _limiter.Waiting));
        Assert.Equal(["a2"], Return("b1"));
    }

    [Fact]
    public void One_that_is_never_going_to_be_carried_on_holds_nobody_up_and_gives_back_what_it_had()
    {
        Ask("b1", 1);
        _limiter.AwaitRecovery(B);
        Assert.Empty(Ask("a1", 1));
        Assert.Equal(["a1"], Open(B));
    }

    [Fact]
    public void What_ran_when_its_actors_were_lost_is_counted_until_their_successors_know_better()
    {
        Ask("a1", 2);
        Ask("b1", 2);
        Ask("b2", 2);
        Ask("a2", 2);

        // The actors of b are gone with what they had; b1 has ended meanwhile.
        Assert.Equal(["a2"], Open(B));
        Assert.Equal(2, _limiter.InUse);
        Assert.Equal(0, _limiter.Waiting);
    }

    private static readonly int[] Limits = [1, 2, 3, 7];

    private static readonly Gen<(int What, int Asker)[]> Steps = Gen.Select(Gen.Int[0, 11], Gen.Int[0, 39]).Array[1, 200];

    /// <summary>
    /// Against a plain model: nobody gets one over its limit but who takes it, nobody twice, nobody while a deployment is expected, and
    /// nobody waits while its limit would let it begin unless for one that comes before it.
    /// </summary>
    [Fact]
    public void Whatever_is_asked_and_given_back_limits_hold_and_nobody_waits_in_vain() => Steps.Sample(steps =>
    {
        var limiter = new ConcurrencyLimiter();
        var (running, waiting, expected) = (new HashSet<PermitHolder>(), new HashSet<PermitHolder>(), new HashSet<DeploymentId>());
        void Grant(IReadOnlyList<PermitHolder> granted, int before)
        {
            Assert.True(granted.Count == 0 || expected.Count == 0, "granted before all are counted");
            foreach (var runner in granted)
            {
                Assert.True(waiting.Remove(runner), $"{runner} did not wait");
                Assert.True(before < LimitOf(runner.Deployment), $"{before} run and {runner} begins, its limit is {LimitOf(runner.Deployment)}");
                Assert.True(running.Add(runner));
                before++;
            }
        }
        foreach (var (what, asker) in steps)
        {
            var runner = new PermitHolder(new DeploymentId($"deploy{asker % 4:00}"), new NodeName($"n{asker}"));
            switch (what)
            {
                case < 6 when !running.Contains(runner):
                    waiting.Add(runner);
                    Grant(limiter.Acquire(runner, LimitOf(runner.Deployment)), running.Count);
                    break;
                case 6 or 7 or 8:
                    running.Remove(runner);
                    waiting.Remove(runner);
                    Grant(limiter.Release(runner), running.Count);
                    break;
                case 9:
                    waiting.Remove(runner);
                    running.Add(runner);
                    Grant(limiter.AcquireNow(runner), running.Count);
                    break;
                case 10:
                    expected.Add(runner.Deployment);
                    limiter.AwaitRecovery(runner.Deployment);
                    break;
                case 11:
                    expected.Remove(runner.Deployment);
                    waiting.RemoveWhere(r => r.Deployment == runner.Deployment);
                    running.RemoveWhere(r => r.Deployment == runner.Deployment);
                    running.Add(runner);
                    Grant(limiter.Recover(runner.Deployment, [runner.Node]), running.Count);
                    break;
            }
            Assert.Equal((running.Count, waiting.Count), (limiter.InUse, limiter.Waiting));
            Assert.True(expected.Count > 0 || waiting.Count == 0 || waiting.Any(w => running.Count >= LimitOf(w.Deployment)), "all of them could begin");
        }
        // Everything that is wanted is granted in the end, if only what runs ends.
        foreach (var deployment in expected.ToList())
        {
            expected.Remove(deployment);
            waiting.RemoveWhere(r => r.Deployment == deployment);
            running.RemoveWhere(r => r.Deployment == deployment);
            Grant(limiter.Recover(deployment, []), running.Count);
        }
        while (running.Count > 0)
        {
            var ended = running.First();
            running.Remove(ended);
            Grant(limiter.Release(ended), running.Count);
        }
        Assert.Empty(waiting);
    }, iter: Cases);

    private static readonly Gen<(int LimitOfA, int LimitOfB, int[] Ends, int Early)> Contests =
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 1000].Array[1, 80], Gen.Int[0, 20]);

    /// <summary>
    /// However long each node runs: of two deployments that both always want more and have the same limit neither is granted two more than
    /// the other; with different limits no more begin between two of the lower one's than one in their own turn and as many as the higher limit.
    /// </summary>
    [Fact]
    public void Of_two_deployments_that_always_want_neither_starves() => Contests.Sample(contest =>
    {
        var limiter = new ConcurrencyLimiter();
        var (limitOfA, limitOfB, ends, early) = contest;
        var running = new List<PermitHolder>();
        void Want(DeploymentId deployment, int limit, int count)
        {
            for (var i = 0; i < count; i++)
                running.AddRange(limiter.Acquire(new PermitHolder(deployment, new NodeName($"n{i}")), limit));
        }
        // With enough of both that neither runs out.
        Want(A, limitOfA, 6 + early + (7 * ends.Length));
        Want(B, limitOfB, 6 + (7 * ends.Length));
        var granted = new Dictionary<DeploymentId, int> { [A] = 0, [B] = 0 };
        var inARow = 0;
        DeploymentId? last = null;
        foreach (var end in ends)
        {
            var ended = running[end % running.Count];
            running.Remove(ended);
            foreach (var next in limiter.Release(ended))
            {
                running.Add(next);
                granted[next.Deployment]++;
                inARow = next.Deployment == last ? inARow + 1 : 1;
                last = next.Deployment;
                Assert.InRange(inARow, 1, Math.Max(limitOfA, limitOfB) + 1);
            }
            if (limitOfA == limitOfB)
                Assert.InRange(granted[A] - granted[B], -1, 1);
            Assert.InRange(running.Count, 1, Math.Max(limitOfA, limitOfB));
        }
    }, iter: Cases);

    private string[] Ask(string name, int limit) => Names(_limiter.Acquire(PermitHolder(name), limit));

    private string[] Return(string name) => Names(_limiter.Release(PermitHolder(name)));

    private string[] Open(DeploymentId deployment, params string[] running) => Names(_limiter.Recover(deployment, running.Select(n => new NodeName(n))));

    private static string[] Names(IReadOnlyList<PermitHolder> runners) => [.. runners.Select(r => r.Node.Value)];

    /// <summary>Its deployment is its first letter.</summary>
    private static PermitHolder PermitHolder(string name) => new(name[0] == 'a' ? A : B, new NodeName(name));

    private static int LimitOf(DeploymentId deployment) => Limits[deployment.Value[^1] - '0'];
}
