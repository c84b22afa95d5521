using CsCheck;
using Orchestrator.Domain.Nodes;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>How the slots of a fleet are shared: limits, turns, and that all who wait get one.</summary>
public sealed class SlotsTests
{
    private const int Cases = 10_000;
    private static readonly DeploymentId A = new("aaaaaaaa");
    private static readonly DeploymentId B = new("bbbbbbbb");

    [Fact]
    public void Up_to_the_limit_a_slot_is_granted_at_once_and_then_in_order_of_arrival()
    {
        var slots = new Slots<string>();
        Assert.Equal(["a1"], slots.Ask("a1", A, 2));
        Assert.Equal(["a2"], slots.Ask("a2", A, 2));
        Assert.Empty(slots.Ask("a3", A, 2));
        Assert.Empty(slots.Ask("a4", A, 2));

        Assert.Equal(["a3"], slots.Return("a1"));
        Assert.Equal((2, 1), (slots.Taken, slots.Waiting));
        Assert.Equal(["a4"], slots.Return("a2"));
    }

    [Fact]
    public void Deployments_take_turns_however_many_nodes_each_has_waiting()
    {
        var slots = new Slots<string>();
        slots.Ask("a0", A, 1);
        for (var i = 1; i <= 10; i++)
            slots.Ask($"a{i}", A, 1);
        slots.Ask("b1", B, 1);
        slots.Ask("b2", B, 1);

        var order = new List<string>();
        for (var running = "a0"; slots.Return(running) is [var next]; running = next)
            order.Add(next);

        Assert.Equal(["a1", "b1", "a2", "b2", "a3", "a4"], order[..6]);
        Assert.Equal(12, order.Count);
    }

    [Fact]
    public void A_deployment_whose_limit_is_reached_is_passed_over_and_keeps_its_turn()
    {
        var slots = new Slots<string>();
        slots.Ask("b1", B, 3);
        slots.Ask("b2", B, 3);
        Assert.Empty(slots.Ask("a1", A, 1));
        Assert.Equal(["b3"], slots.Ask("b3", B, 3));
        Assert.Empty(slots.Ask("b4", B, 3));

        Assert.Equal(["b4"], slots.Return("b1"));
        Assert.Empty(slots.Return("b2"));
        Assert.Empty(slots.Return("b3"));
        Assert.Equal(["a1"], slots.Return("b4"));
    }

    [Fact]
    public void Who_runs_already_takes_a_slot_over_the_limit_and_the_others_count_it()
    {
        var slots = new Slots<string>();
        slots.Ask("a1", A, 1);
        slots.Take("b1");
        slots.Take("b1");
        Assert.Equal(2, slots.Taken);
        Assert.Empty(slots.Ask("a2", A, 1));
        Assert.Empty(slots.Return("a1"));
        Assert.Equal(["a2"], slots.Return("b1"));
    }

    [Fact]
    public void Who_waits_no_longer_is_passed_over_also_where_it_asks_again()
    {
        var slots = new Slots<string>();
        slots.Ask("a1", A, 1);
        slots.Ask("a2", A, 1);
        slots.Ask("a3", A, 1);
        Assert.Empty(slots.Return("a2"));
        Assert.Empty(slots.Ask("a2", A, 1));

        Assert.Equal(["a3"], slots.Return("a1"));
        Assert.Equal(["a2"], slots.Return("a3"));
        Assert.Equal((1, 0), (slots.Taken, slots.Waiting));
    }

    [Fact]
    public void Who_waits_and_then_runs_all_the_same_waits_no_longer()
    {
        var slots = new Slots<string>();
        slots.Ask("a1", A, 1);
        slots.Ask("a2", A, 1);
        slots.Take("a2");
        Assert.Equal((2, 0), (slots.Taken, slots.Waiting));
        Assert.Empty(slots.Return("a1"));
        Assert.Empty(slots.Return("a2"));
        Assert.Equal(["a2"], slots.Ask("a2", A, 1));
    }

    [Fact]
    public void Asking_twice_is_asking_once()
    {
        var slots = new Slots<string>();
        Assert.Equal(["a1"], slots.Ask("a1", A, 1));
        Assert.Equal(["a1"], slots.Ask("a1", A, 1));
        slots.Ask("a2", A, 1);
        Assert.Empty(slots.Ask("a2", A, 1));
        Assert.Equal(["a2"], slots.Return("a1"));
        Assert.Empty(slots.Return("a2"));
    }

    private static readonly int[] Limits = [1, 2, 3, 7];

    private static readonly Gen<(int What, int Asker)[]> Steps = Gen.Select(Gen.Int[0, 9], Gen.Int[0, 39]).Array[1, 200];

    /// <summary>Against a plain model: nobody gets one over its limit but who takes it, nobody twice, and nobody waits while its limit would let it begin.</summary>
    [Fact]
    public void Whatever_is_asked_and_given_back_limits_hold_and_nobody_waits_in_vain() => Steps.Sample(steps =>
    {
        var slots = new Slots<int>();
        var (running, waiting) = (new HashSet<int>(), new HashSet<int>());
        void Grant(IReadOnlyList<int> granted, int before)
        {
            foreach (var asker in granted)
            {
                Assert.True(waiting.Remove(asker), $"{asker} did not wait");
                Assert.True(before < LimitOf(asker), $"{before} run and {asker} begins, its limit is {LimitOf(asker)}");
                Assert.True(running.Add(asker));
                before++;
            }
        }
        foreach (var (what, asker) in steps)
        {
            if (what < 6)
            {
                if (running.Contains(asker))
                    continue;
                waiting.Add(asker);
                Grant(slots.Ask(asker, DeploymentOf(asker), LimitOf(asker)), running.Count);
            }
            else if (what < 9)
            {
                running.Remove(asker);
                waiting.Remove(asker);
                Grant(slots.Return(asker), running.Count);
            }
            else
            {
                waiting.Remove(asker);
                running.Add(asker);
                slots.Take(asker);
            }
            Assert.Equal((running.Count, waiting.Count), (slots.Taken, slots.Waiting));
            Assert.DoesNotContain(waiting, w => running.Count < LimitOf(w));
        }
        // Everything that is wanted is granted in the end, if only what runs ends.
        while (running.Count > 0)
        {
            var ended = running.First();
            running.Remove(ended);
            Grant(slots.Return(ended), running.Count);
        }
        Assert.Empty(waiting);
    }, iter: Cases);

    private static readonly Gen<(int Limit, int[] Ends, int Early)> Contests = Gen.Select(Gen.Int[1, 6], Gen.Int[0, 1000].Array[1, 80], Gen.Int[0, 20]);

    /// <summary>However long each node runs, of two deployments that both always want more neither is granted two more than the other.</summary>
    [Fact]
    public void Two_deployments_that_always_want_are_granted_alike() => Contests.Sample(contest =>
    {
        var slots = new Slots<(DeploymentId Deployment, int Number)>();
        var (limit, ends, early) = contest;
        var running = new List<(DeploymentId, int)>();
        void Want(DeploymentId deployment, int from, int count)
        {
            for (var i = from; i < from + count; i++)
                running.AddRange(slots.Ask((deployment, i), deployment, limit));
        }
        Want(A, 0, limit + early + ends.Length);
        Want(B, 0, limit + ends.Length);
        var granted = new Dictionary<DeploymentId, int> { [A] = 0, [B] = 0 };
        foreach (var end in ends)
        {
            var ended = running[end % running.Count];
            running.Remove(ended);
            foreach (var next in slots.Return(ended))
            {
                running.Add(next);
                granted[next.Deployment]++;
            }
            Assert.InRange(granted[A] - granted[B], -1, 1);
            Assert.Equal(limit, running.Count);
        }
    }, iter: Cases);

    private static DeploymentId DeploymentOf(int asker) => new($"deploy{asker % 4:00}");

    private static int LimitOf(int asker) => Limits[asker % 4];
}
