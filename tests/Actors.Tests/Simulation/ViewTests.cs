using System.Text.RegularExpressions;
using CsCheck;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Domain.Deployments.Views;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Tests.Simulation;

/// <summary>At every moment of every deployment, all views say the same, and what they say of the nodes is so.</summary>
public partial class ViewTests
{
    private const int Cases = 1_000;

    [Fact]
    public void All_views_agree_with_each_other_and_with_the_fleet_at_every_moment() =>
        RandomDeployment.Any.Sample(AtEveryMoment, iter: Cases, print: RandomDeployment.Print);

    private static void AtEveryMoment(RandomDeployment c)
    {
        var moments = new Moments(moment =>
        {
            OneState(moment);
            OneCount(moment);
            Sentences(moment);
            Rows(moment);
            Progress(moment);
            Whys(moment);
            TheFleet(moment);
        });
        var simulation = new SimulatedDeployment(c.Plan, c.Options, Sites.Scenario(c.Scenario))
        {
            DiesAt = point => c.Deaths.Contains(point),
            Written = moments.Written,
        };
        c.Say(simulation);
        simulation.Run();
    }

    private static void OneState(Moment moment)
    {
        Assert.Equal(moment.State.Phase, moment.View.State);
        Assert.Equal(moment.State.Phase, moment.Line.State);
        Assert.Equal(moment.State.Phase, moment.Progress.Phase);
    }

    private static void OneCount(Moment moment)
    {
        var (view, line) = (moment.View, moment.Line);
        var held = view.Nodes.Where(n => n.Held).Select(n => n.Name).ToList();
        var unclear = view.Nodes.Where(n => n.Standing.IsUnclear()).Select(n => n.Name).ToList();
        Assert.Equal(view.Nodes.Where(n => n.Standing == Standing.Held).Select(n => n.Name), held);
        Assert.Equal(held.Count, view.Holdings.Held);
        Assert.Equal(held.Count, line.Held);
        Assert.Equal(unclear.Order(), (view.Holdings.Unclear ?? []).SelectMany(u => u.Nodes).Order());
        Assert.Equal(unclear.Count, line.Unclear);
        Assert.Equal(unclear.Order().Take(DeploymentLine.MostUnclearNodes), line.UnclearNodes ?? []);
        // A person reads of each of them what to do.
        Assert.Equal(view.Nodes.Where(n => n.Standing == Standing.DisabledByPerson).Select(n => n.Name), (view.Holdings.Others ?? []).Select(o => o.Name));
        Assert.All(view.Holdings.Unclear ?? [], u => Assert.NotEmpty(u.Advice));
        Assert.Equal(
            view.Nodes.Where(n => n.KeptBy is not null).Select(n => n.Name), (view.Holdings.Kept ?? []).Select(k => k.Name));
        if (moment.State.Stage is not (Stage.Releasing or Stage.Ended))
            Assert.All(view.Nodes, n => Assert.True(n.Held == moment.Progress.Nodes[n.Name].Held, $"{n.Name} is {n.Standing} to others than who follows"));
    }

    /// <summary>The numbers in what calls a person.</summary>
    private static void Sentences(Moment moment)
    {
        foreach (var (attention, raised) in moment.State.Attention)
        {
            switch (attention)
            {
                case Attention.Frozen when moment.State.Counts.Pending == 0:
                    Assert.Equal(moment.View.Holdings.Held, NumberIn(raised.Message));
                    break;
                case Attention.NotReleased:
                    Assert.Equal(moment.View.Nodes.Count(n => n.Standing == Standing.NotReleased), NumberIn(raised.Message));
                    break;
            }
        }
        if (moment.State.Stage is Stage.Ended && moment.State.Counts is { Unclear: > 0, LookedAt: 0 })
        {
            Assert.True(
                moment.State.Attention.ContainsKey(Attention.NotHeld) || moment.State.Attention.ContainsKey(Attention.NotReleased)
                    || moment.State.Counts.Pending > 0,
                "nobody is called to nodes of which it is not known whether they are held");
        }
    }

    private static int NumberIn(string sentence) => int.Parse(Number().Match(sentence).Value, System.Globalization.CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\d+")]
    private static partial Regex Number();

    /// <summary>The report's rows add up to their nodes.</summary>
    private static void Rows(Moment moment)
    {
        var report = moment.View.Report!;
        foreach (var row in report.Groups.Concat(report.Rollback?.Groups ?? []))
            Assert.Equal(row.Nodes, row.Succeeded + row.Failed + row.Unreachable + row.Refused + row.Skipped + row.Open);
        Assert.Equal(moment.View.Nodes.Length, report.Groups.Sum(r => r.Nodes));
        Assert.Equal(report.Time, report.Phases.Aggregate(TimeSpan.Zero, (sum, p) => sum + p.Time));
    }

    private static void Progress(Moment moment)
    {
        Assert.Equal(moment.View.Progress, moment.Line.Progress);
        Assert.Equal(moment.View.State.IsEnd(), moment.View.Progress is null);
        Assert.Equal(moment.View.Possible(Verb.Approve)?.Group, moment.Line.Approval?.Group);
        if (moment.View.Progress is not { } progress)
            return;
        Assert.Equal((moment.View.Attempt, moment.View.Nodes.Length), (progress.Attempt, progress.Of));
        Assert.Equal(moment.Progress.Groups.Values.Sum(g => g.Stages.Settled), progress.Done);
        if (moment.View.Report!.Rollback is null)
            Assert.Equal(moment.View.Report.Groups.Sum(r => r.Open), progress.Of - progress.Done);
        if (progress.Group is { } group)
            Assert.Equal((moment.Progress.OpenGroup, moment.Plan.GroupCount), (group, progress.Groups));
    }

    /// <summary>What must happen by some time has still time for it.</summary>
    private static void Whys(Moment moment)
    {
        var now = moment.Simulation.Now.Wall;
        foreach (var link in moment.Plan.Nodes.SelectMany(n => Why.Of(moment.Line, moment.Plan, moment.State, n, [], now).Links))
        {
            foreach (Match deadline in Deadline().Matches(link.Text))
            {
                var at = DateTimeOffset.Parse(deadline.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
                Assert.True(at.AddSeconds(1) > now - moment.State.ClockStepped, $"it is {now - moment.State.ClockStepped:u}, and {link.Text}");
            }
        }
    }

    [GeneratedRegex(@"must [a-z ]+ by (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000)")]
    private static partial Regex Deadline();

    /// <summary>A node that is said to be held is, and one that is said to be free is not; but for what a person did there that nobody has seen yet.</summary>
    private static void TheFleet(Moment moment)
    {
        foreach (var node in moment.View.Nodes)
        {
            var seen = moment.Simulation.Fleet.Observe(node.Name);
            if (seen.Diary.Any(d => d.What.Contains("person", StringComparison.OrdinalIgnoreCase)))
                continue;
            var isOurs = !seen.Enabled && seen.DisableMessage.Contains(SimulatedDeployment.Id.Value, StringComparison.Ordinal);
            Assert.False(node.Held && !isOurs, $"{node.Name} is said to be held and is not ({moment.View.State}, {node.Hold})");
            Assert.False(
                isOurs && node.Standing is Standing.Free or Standing.DisabledByPerson, $"{node.Name} is disabled by us and said to be {node.Standing}");
            if (node.Standing == Standing.DisabledByPerson)
                Assert.Equal(seen.DisableMessage, node.PersonsWords);
        }
    }
}
