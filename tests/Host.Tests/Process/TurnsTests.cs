using CsCheck;
using Orchestrator.Host.Process;

namespace Orchestrator.Host.Tests.Process;

public sealed class TurnsTests
{
    private const int Callers = 4;
    private const int MostWaiting = 5;

    private enum Step
    {
        Enter,
        Leave,
        Withdraw,
    }

    private sealed class Waiter(int number, int caller)
    {
        public int Number => number;

        public int Caller => caller;

        /// <summary>By caller: how many were served while this one waited.</summary>
        public int[] Overtaken { get; } = new int[Callers];
    }

    private static string Name(int caller) => $"caller {caller}";

    private static readonly Gen<(Step, int, int)[]> Steps =
        Gen.Select(
            Gen.Frequency((5, Gen.Const(Step.Enter)), (4, Gen.Const(Step.Leave)), (1, Gen.Const(Step.Withdraw))), Gen.Int[0, Callers - 1], Gen.Int[0, 99])
            .Array[0, 300];

    /// <summary>However callers come and go.</summary>
    [Fact]
    public void A_free_place_is_given_at_once_to_the_caller_with_the_fewest_and_nobody_is_passed_over_or_forgotten() =>
        Gen.Select(Gen.Int[1, 5], Gen.Int[1, 5], Steps).Sample((atOnce, mostOfOne, steps) =>
        {
            var turns = new Turns<Waiter>(atOnce, MostWaiting, mostOfOne);
            var (inside, waiting) = (new List<int>(), new List<Waiter>());
            foreach (var (step, caller, pick) in steps)
            {
                if (step == Step.Enter)
                    Enter(caller);
                else if (step == Step.Leave && inside.Count > 0)
                    Leave(pick);
                else if (step == Step.Withdraw && waiting.Count > 0)
                    Withdraw(pick);
            }

            // Whoever stays has their turn.
            while (inside.Count > 0)
                Leave(0);
            Assert.Empty(waiting);
            Assert.Equal(0, turns.Known);

            void Enter(int caller)
            {
                var waiter = new Waiter(waiting.Count == 0 ? 0 : waiting[^1].Number + 1, caller);
                var own = waiting.Count(w => w.Caller == caller);
                switch (turns.Enter(Name(caller), waiter))
                {
                    case TurnAnswer.HasPlace:
                        AssertNobodyCouldHaveOne();
                        inside.Add(caller);
                        Assert.True(inside.Count(i => i == caller) <= mostOfOne);
                        Assert.True(inside.Count <= atOnce);
                        break;
                    case TurnAnswer.Waits:
                        waiting.Add(waiter);
                        Assert.True(inside.Count == atOnce || inside.Count(i => i == caller) == mostOfOne);
                        Assert.True(own < MostWaiting);
                        break;
                    default:
                        Assert.Equal(MostWaiting, own);
                        break;
                }
            }

            void Leave(int pick)
            {
                var left = inside[pick % inside.Count];
                inside.Remove(left);
                var next = turns.Leave(Name(left));
                if (next is null)
                {
                    AssertNobodyCouldHaveOne();
                    return;
                }
                var places = Enumerable.Range(0, Callers).Select(c => inside.Count(i => i == c)).ToList();
                // First come first served within a caller; the fewest places between them.
                Assert.Same(waiting.First(w => w.Caller == next.Caller), next);
                Assert.Equal(waiting.Min(w => places[w.Caller]), places[next.Caller]);
                Assert.True(places[next.Caller] < mostOfOne);
                waiting.Remove(next);
                inside.Add(next.Caller);
                foreach (var passed in waiting.Where(w => w.Caller != next.Caller && places[w.Caller] == 0))
                {
                    if (waiting.First(w => w.Caller == passed.Caller) == passed)
                        Assert.True(++passed.Overtaken[next.Caller] <= 1, $"{next.Caller} was served twice while {passed.Caller}, who has nothing, waits");
                }
            }

            void AssertNobodyCouldHaveOne() => Assert.All(waiting, w => Assert.Equal(mostOfOne, inside.Count(i => i == w.Caller)));

            void Withdraw(int pick)
            {
                var gone = waiting[pick % waiting.Count];
                waiting.Remove(gone);
                Assert.True(turns.Withdraw(Name(gone.Caller), gone));
                Assert.False(turns.Withdraw(Name(gone.Caller), gone));
            }
        });

    [Fact]
    public void Callers_take_turns_however_many_of_one_wait_and_whoever_comes_anew_is_next()
    {
        var turns = new Turns<string>(1, 10);
        foreach (var waiter in (string[])["a0", "a1", "a2", "a3", "b0", "b1"])
            turns.Enter(waiter[..1], waiter);
        var order = new List<string>();
        for (var next = "a0"; next is not null; next = turns.Leave(next[..1]))
        {
            order.Add(next);
            if (next == "a1")
                turns.Enter("c", "c0");
        }
        Assert.Equal(["a0", "b0", "a1", "b1", "c0", "a2", "a3"], order);
    }
}
