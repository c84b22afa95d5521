using Orchestrator.Messages.Deployments;

namespace Orchestrator.Testing;

/// <summary>
/// One row of the outcome table: how <c>app1</c>, a node of the second of three groups, behaves, what is asked for, and how it ends.
/// </summary>
/// <param name="Behaviour">The keys of <c>app1</c> in the scenario.</param>
/// <param name="Options">Options of <c>run</c>.</param>
/// <param name="ExitCode">Of <c>run</c>.</param>
/// <param name="End">The deployment's state, then each node's outcome and whether it is held.</param>
public sealed record OutcomeRow(string Behaviour, string Options, int ExitCode, string End)
{
    /// <summary>Four nodes in three groups.</summary>
    public const string Site = """
        environment: production
        applications:
          Shop[s]:
            Shop::Db[s]:   { node: db, produces: [Sql[s]] }
            Shop::App[s1]: { node: app1, consumes: [Sql[s]], produces: [Http[s1]] }
            Shop::App[s2]: { node: app2, consumes: [Sql[s]], produces: [Http[s2]] }
            Shop::Web[s]:  { node: web, consumes: [Http[s1], Http[s2]] }
        """;

    /// <summary>A short name that is the same in every run of the tests.</summary>
    public string Name => Options.Length == 0 ? Behaviour : $"{Behaviour} | {Options}";

    /// <summary>Everything succeeds.</summary>
    public static OutcomeRow Succeeds(string behaviour, string options = "") =>
        new(behaviour, options, 0, "succeeded: db succeeded, app1 succeeded, app2 succeeded, web succeeded");

    /// <summary><c>app1</c> fails in its turn: what ran is held, what depends on it is skipped.</summary>
    public static OutcomeRow Fails(string outcome, string behaviour, string options = "") =>
        new(behaviour, options, 1, $"failed: db succeeded held, app1 {outcome} held, app2 succeeded held, web skipped held");

    /// <summary>Before the first run: nothing has been changed on any node.</summary>
    public static OutcomeRow Refuses(string outcome, string behaviour, string options = "") =>
        new(behaviour, options, 3, $"refused: db skipped, app1 {outcome}, app2 skipped, web skipped");

    /// <summary>The scenario's file. The number makes it a fleet of its own.</summary>
    public string Scenario(int number) => $$"""
        speed: 20
        seed: {{number + 1}}
        nodes: { app1: { {{Behaviour}} } }
        """;

    /// <summary>How a deployment ended, in the form of <see cref="End"/>.</summary>
    public static string EndOf(DeploymentView view) =>
        $"{view.State.Word()}: {string.Join(", ", view.Nodes.Select(n => $"{n.Name} {n.Outcome?.Word() ?? "open"}{(MayBeHeld(n) ? " held" : "")}"))}";

    /// <summary>Held for sure, or as far as anybody can know.</summary>
    public static bool MayBeHeld(NodeView node) => node.Hold is Hold.Asked or Hold.Held or Hold.NotReleased;
}
