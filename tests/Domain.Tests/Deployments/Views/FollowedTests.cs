using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Tests.Deployments.Views;

/// <summary>Who follows the events sees what the history says.</summary>
public sealed class FollowedTests
{
    public static TheoryData<string> States => [.. Given.States.Keys];

    [Theory]
    [MemberData(nameof(States))]
    public void A_node_is_held_for_who_follows_exactly_where_the_history_holds_it(string state)
    {
        Agree(Given.States[state]());
        foreach (var verb in Given.Verbs.Values.Where(v => Given.States[state]().When(v) is Decision.Accept))
        {
            Agree(Given.States[state]().After(verb));
            foreach (var second in Given.Verbs.Values.Where(v => Given.States[state]().After(verb).When(v) is Decision.Accept))
                Agree(Given.States[state]().After(verb).After(second));
        }
    }

    private static void Agree(Given given) => Assert.Equal(
        given.State.Nodes.Where(n => n.Value.Hold == Hold.Held).Select(n => n.Key).Order(),
        given.Progress.Nodes.Where(n => n.Value.Held).Select(n => n.Key).Order());
}
