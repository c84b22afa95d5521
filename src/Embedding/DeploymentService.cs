using System.Threading.Channels;
using Akka.Actor;
using Akka.Hosting;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Embedding;

/// <summary>Deploys from the code of a service that embeds the orchestrator. May be used from any thread.</summary>
public sealed class DeploymentService(IRequiredActor<DeploymentCoordinator> coordinator, IPlanStore plans, ActorSystem system)
{
    /// <summary>How long an answer may take; what was asked may be done all the same.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Registers a deployment: it is in the journal when this returns, and starts as soon as no other one uses its nodes.
    /// </summary>
    /// <param name="fleet">The name of a registered <see cref="Messages.Fleet.IFleet"/>.</param>
    /// <param name="caller">Who wants it; stands in the history, and in the message with which nodes are disabled.</param>
    /// <param name="id">
    /// Drawn by the caller and kept (<see cref="DeploymentIds.New"/>), it makes asking again after a crash harmless: the same deployment is registered once.
    /// Null for a fresh one.
    /// </param>
    /// <exception cref="ArgumentException">The plan cannot be run with these options.</exception>
    /// <exception cref="DeploymentDeniedException">Another deployment holds nodes of the plan.</exception>
    /// <exception cref="AskTimeoutException">No answer came, and it may be registered.</exception>
    public async Task<DeploymentId> RunAsync(
        Plan plan, FleetName fleet, DeploymentOptions options, string caller, DeploymentId? id = null, CancellationToken cancellationToken = default)
    {
        var problem = OptionRules.Problem(options, name => name)?.Sentence ?? OptionRules.Problem(options, plan)
            ?? plan.Warnings.FirstOrDefault(w => w.Kind == PlanWarningKinds.UnusableName)?.Message
            ?? (plan.NodeCount == 0 ? "the plan has no nodes, so there is nothing to run" : null);
        if (problem is not null)
            throw new ArgumentException(problem);
        await plans.SaveAsync(plan, cancellationToken);
        var registered = await AskAsync<Registered>(
            new RegisterDeployment(id ?? DeploymentIds.New(), plan, fleet, options, caller, NoWait: false), cancellationToken);
        return registered.Id;
    }

    /// <summary>Takes up what an earlier process left unfinished: to be called at the start, once the fleets can be reached.</summary>
    /// <returns>Those taken up.</returns>
    public async Task<ImmutableArray<DeploymentLine>> ResumeUnfinishedAsync(CancellationToken cancellationToken = default) =>
        (await AskAsync<CoordinatorProtocol.Deployments>(new ResumeUnfinished(), cancellationToken)).Lines;

    /// <exception cref="DeploymentDeniedException">There is none of this id.</exception>
    public async Task<DeploymentLine> FindAsync(DeploymentId id, CancellationToken cancellationToken = default) =>
        (await AskAsync<CoordinatorProtocol.Deployments>(new FindDeployment(id.Value), cancellationToken)).Lines[0];

    /// <summary>A page of deployments, newest first.</summary>
    /// <param name="before">Only those that arrived before this one; null for the newest.</param>
    public Task<DeploymentPage> ListAsync(int limit, DeploymentId? before = null, CancellationToken cancellationToken = default) =>
        AskAsync<DeploymentPage>(new ListDeployments(before?.Value, limit, WithCurrent: false), cancellationToken);

    /// <summary>Carries out a verb, such as pause, approve, cancel, retry or release.</summary>
    /// <exception cref="DeploymentDeniedException">It makes no sense now.</exception>
    public Task<Done> DoAsync(DeploymentId id, DeploymentCommand.ByPerson verb, CancellationToken cancellationToken = default) =>
        AskAsync<Done>(new VerbOnDeployment(id, verb), cancellationToken);

    /// <summary>
    /// What happens in all deployments of this process from the call on, each event once it is in the journal. A reader that is slower than the deployments
    /// keeps what it has not read in memory.
    /// </summary>
    /// <param name="cancellationToken">Ends it, also where nobody reads.</param>
    /// <returns>For one reader: each calls this for itself.</returns>
    public IAsyncEnumerable<EventRecorded> EventsAsync(CancellationToken cancellationToken = default)
    {
        var events = Channel.CreateUnbounded<EventRecorded>(new UnboundedChannelOptions { SingleReader = true });
        var listener = system.ActorOf(Props.Create(() => new Listener(events.Writer)));
        system.EventStream.Subscribe(listener, typeof(EventRecorded));
        var stopped = cancellationToken.Register(() => system.Stop(listener));
        return ReadAsync();

        async IAsyncEnumerable<EventRecorded> ReadAsync()
        {
            try
            {
                await foreach (var recorded in events.Reader.ReadAllAsync(cancellationToken))
                    yield return recorded;
            }
            finally
            {
                await stopped.DisposeAsync();
                system.Stop(listener);
            }
        }
    }

    private async Task<T> AskAsync<T>(object message, CancellationToken cancellationToken) =>
        await (await coordinator.GetAsync(cancellationToken)).Ask<object>(message, AnswerTimeout, cancellationToken) switch
        {
            T answer => answer,
            Denied denied => throw new DeploymentDeniedException(denied),
            var other => throw new InvalidOperationException($"{message.GetType().Name} was answered with {other.GetType().Name}"),
        };

    private sealed class Listener : ReceiveActor
    {
        private readonly ChannelWriter<EventRecorded> _events;

        public Listener(ChannelWriter<EventRecorded> events)
        {
            _events = events;
            Receive<EventRecorded>(recorded => events.TryWrite(recorded));
        }

        protected override void PostStop() => _events.TryComplete();
    }
}
