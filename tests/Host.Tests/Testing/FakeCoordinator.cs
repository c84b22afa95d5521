using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Hosting;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>Stands in for the coordinator: knows lines that the test puts there and answers the rest as it is told; notes what it was asked.</summary>
public sealed class FakeCoordinator
{
    private static readonly DateTimeOffset Started = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    /// <summary>Newest first.</summary>
    public ImmutableArray<DeploymentLine> Lines { get; set; } = [];

    /// <summary>Answers first; null leaves it to the usual answer, <see cref="Silence"/> to nobody.</summary>
    public Func<object, object?> Answer { get; set; } = _ => null;

    /// <summary>Says that no answer is to be given.</summary>
    public static object Silence { get; } = new();

    /// <summary>All that was asked, but lists.</summary>
    public ConcurrentQueue<object> Asked { get; } = new();

    /// <summary>A deployment's line; all but its id and state is made up.</summary>
    public static DeploymentLine Line(
        string id, DeploymentPhase state = DeploymentPhase.Running, bool active = true, int held = 0, PlanId? plan = null, FleetName? fleet = null) =>
        new(new DeploymentId(id), "production", state, Started, 2, held, "jane", fleet
            ?? new FleetName("emulated:0"), plan ?? new PlanId("sha256:" + new string('0', 64)), active, []);

    public void Register(AkkaConfigurationBuilder akka) => akka.WithActors((system, registry) =>
        registry.Register<DeploymentCoordinator>(system.ActorOf(Props.Create(() => new Actor(this)))));

    private object Usual(object message) => message switch
    {
        ListDeployments list => Page(list),
        WhichAreKnown which => new Known(which.Ids.Intersect(Lines.Select(l => l.Id))),
        FindDeployment find => Find(find.IdOrPrefix),
        RegisterDeployment register => new Registered(register.Id, []),
        VerbOnDeployment { Command: DeploymentCommand.Cancel } cancel => new Done(cancel.Id, true, "cancelled", 17),
        VerbOnDeployment { Command: DeploymentCommand.Release } release => new Done(release.Id, false, "nothing was held"),
        ResumeUnfinished => new CoordinatorProtocol.Deployments([.. Lines.Where(l => !l.Active)]),
        SurveyNodes survey => new Surveyed([.. survey.Nodes.Select(n => new Messages.Api.NodeNow(n.Name, true, true, false, false, Started, "", null, null))]),
        _ => new Denied(Messages.Api.ProblemCodes.Internal, "not understood"),
    };

    /// <summary>The list that was asked for last.</summary>
    public ListDeployments? Listed { get; private set; }

    /// <summary>How many lists were asked for.</summary>
    public int Lists { get; private set; }

    private DeploymentPage Page(ListDeployments asked)
    {
        (Listed, Lists) = (asked, Lists + 1);
        var begin = asked.Before is { } before ? Lines.IndexOf(Lines.First(l => l.Id.Value == before)) + 1 : 0;
        ImmutableArray<DeploymentLine> page = [.. Lines.Skip(begin).Take(asked.Limit)], older = [.. Lines.Skip(begin + page.Length)];
        var current = older.Where(l => asked.WithCurrent && (!l.State.IsEnd() || l.Held > 0));
        return new DeploymentPage(page, page.IsEmpty || older.IsEmpty ? null : page[^1].Id, older.Length, [.. current]);
    }

    private object Find(string text)
    {
        var found = Lines.Where(l => l.Id.Value.StartsWith(text, StringComparison.Ordinal)).ToImmutableArray();
        return found.Length switch
        {
            1 => new CoordinatorProtocol.Deployments(found),
            0 => new Denied(Messages.Api.ProblemCodes.DeploymentNotFound, $"there is no deployment \"{text}\""),
            _ => new Denied(
                Messages.Api.ProblemCodes.DeploymentAmbiguous, $"\"{text}\" is the beginning of {string.Join(", ", found.Select(l => l.Id))}",
                [.. found.Select(l => l.Id)]),
        };
    }

    private sealed class Actor : UntypedActor
    {
        private readonly FakeCoordinator _fake;

        public Actor(FakeCoordinator fake) => _fake = fake;

        protected override void OnReceive(object message)
        {
            if (message is not (ListDeployments or WhichAreKnown))
                _fake.Asked.Enqueue(message);
            var answer = _fake.Answer(message) ?? _fake.Usual(message);
            if (answer != Silence)
                Sender.Tell(answer);
        }
    }
}
