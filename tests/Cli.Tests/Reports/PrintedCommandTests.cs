using System.Text.RegularExpressions;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Domain.Plans;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Testing.Chaos;
using Orchestrator.Testing.Simulation;

namespace Orchestrator.Cli.Tests.Reports;

/// <summary>
/// Whatever befalls a deployment, at every moment: each command that the report and <c>why</c> print for a person is one that the command line takes, and whose
/// verb would be taken if it were sent then.
/// </summary>
public sealed partial class PrintedCommandTests : IDisposable
{
    private const int Cases = 80;
    private const string Person = "dave";
    private static readonly string[] OnlyRead = ["show", "watch", "why", "events"];
    private readonly CommandLine _cli = new(null);
    private readonly HashSet<string> _printed = [];
    private readonly HashSet<string> _parsed = [];

    public void Dispose() => _cli.Dispose();

    [Fact]
    public void Each_printed_command_would_be_taken()
    {
        for (var seed = 1; seed <= Cases; seed++)
            Play(seed);
        // What nothing is printed of would hold without being looked at.
        Assert.Superset(new HashSet<string> { "approve", "cancel", "release", "resume", "retry", "rollback" }, _printed);
    }

    private void Play(int seed)
    {
        var drawn = new ChaosCase(seed);
        var plan = new PlanIndex(drawn.Plan);
        var options = drawn.Options with { RollbackEnvironment = seed % 2 == 0 || drawn.Options.OnFailure == OnFailure.Rollback ? "last_good" : null };
        var simulation = new SimulatedDeployment(drawn.Plan, options, Sites.Scenario(drawn.Scenario))
        {
            FallsAt = drawn.FallsAt,
            Written = (s, _) => Look(s, plan, $"seed {seed}"),
        };
        foreach (var (seconds, verb) in drawn.Words)
            simulation.At(TimeSpan.FromSeconds(seconds), ChaosRun.CommandOf(verb, new NodeName(drawn.Names[seconds % drawn.Names.Length])));
        simulation.At(TimeSpan.FromMinutes(30), new DeploymentCommand.Resume("carol"));
        simulation.At(TimeSpan.FromMinutes(130), new DeploymentCommand.Resume("carol"));
        simulation.Run();
    }

    private void Look(SimulatedDeployment simulation, PlanIndex plan, string where)
    {
        var (state, now) = (simulation.State, VirtualTime.Start + simulation.Elapsed);
        var line = new DeploymentLine(
            SimulatedDeployment.Id, "production", state.Phase, VirtualTime.Start, plan.Plan.NodeCount, 0, "alice", new FleetName("test"), plan.Plan.Id, true,
            []);
        var verbs = DeploymentViews.VerbsOf(line, plan, state, now, isFleetGone: false);
        var view = DeploymentViews.Of(line, plan, state) with { Verbs = verbs };
        var text = string.Join('\n', ReportText.Lines(view.For(Person), null, now, TimeZoneInfo.Utc).Select(l => l.ToString()));
        var why = plan.Nodes.SelectMany(n => WhyText.Lines(Why.Of(line, plan, state, n, verbs, now), null)).Select(l => l.ToString());
        foreach (var command in Printed().Matches($"{text}\n{string.Join('\n', why)}").Select(m => m.Value).Distinct())
            Check(command, state, plan, now, where);
    }

    private void Check(string command, DeploymentState state, PlanIndex plan, DateTimeOffset now, string where)
    {
        var words = command.Split(' ')[1..];
        var (verb, node) = (words[0], words.Length > 2 && words[2][0] != '-' ? new NodeName(words[2]) : (NodeName?)null);
        if (_parsed.Add(command))
        {
            var parsed = OrchestratorCommand.Build(_cli.Context()).Parse(words);
            Assert.True(parsed.Errors.Count == 0, $"{where}: \"{command}\" is printed, and is no command: {string.Join("; ", parsed.Errors)}");
        }
        _printed.Add(verb);
        if (OnlyRead.Contains(verb))
            return;
        var group = words.SkipWhile(w => w != "--group").Skip(1).FirstOrDefault() is { } number ? int.Parse(number, null) : (int?)null;
        var environment = words.SkipWhile(w => w != "--rollback-environment").Skip(1).FirstOrDefault();
        var asked = DeploymentCommand.Of(Enum.Parse<Verb>(verb, ignoreCase: true), Person, node: node, environment: environment, group: group);
        var decision = DeploymentDecider.Decide(state, plan, asked, now);
        Assert.True(
            decision is Decision.Accept,
            $"{where}: \"{command}\" is printed while it is {state.Phase.Word()} ({state.Stage}), and refused: "
                + ((decision as Decision.Reject)?.Why ?? "nothing to do"));
    }

    /// <summary>A command ends where the words of a sentence go on.</summary>
    [GeneratedRegex(@"orchestrator [a-z]+ simulat3( n\d+)?( --group \d+)?( --rollback-environment \w+)?")]
    private static partial Regex Printed();
}
