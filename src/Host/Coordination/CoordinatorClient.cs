using Akka.Actor;
using Akka.Hosting;
using Orchestrator.Actors.Deployments;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Coordination;

/// <summary>Asks the coordinator: the one place where an actor is asked and waited for.</summary>
public sealed class CoordinatorClient(IRequiredActor<DeploymentCoordinator> actor, UntoldDeployments untold, HostSettings settings)
{
    /// <summary>Asks and waits, longer where the answer itself takes <paramref name="work"/>.</summary>
    public async Task<CoordinatorAnswer<T>> AskAsync<T>(object message, CancellationToken cancellationToken, TimeSpan work = default)
    {
        var timeout = settings.AnswerTimeout + work;
        try
        {
            return await (await actor.GetAsync(cancellationToken)).Ask<object>(message, timeout, cancellationToken) switch
            {
                T expected => new CoordinatorAnswer<T>.Given(expected),
                Denied denied => new CoordinatorAnswer<T>.Refused(denied),
                var other => throw new InvalidOperationException($"{message.GetType().Name} was answered with {other.GetType().Name}"),
            };
        }
        catch (AskTimeoutException)
        {
            return new CoordinatorAnswer<T>.NoAnswer(timeout);
        }
    }

    /// <summary>A page of deployments, see <see cref="CoordinatorProtocol.ListDeployments"/>.</summary>
    public async Task<CoordinatorAnswer<DeploymentPage>> PageAsync(
        int limit, string? before, bool withCurrent, CancellationToken cancellationToken, DeploymentFilter? filter = null) =>
        await UntoldPageAsync(limit, before, withCurrent, cancellationToken, filter) switch
        {
            CoordinatorAnswer<DeploymentPage>.Given { Value: var page } => new CoordinatorAnswer<DeploymentPage>.Given(page with
            {
                Deployments = Matching(await untold.ToldAsync(page.Deployments, cancellationToken), filter),
                Current = Matching(await untold.ToldAsync(page.Current, cancellationToken), filter),
            }),
            var other => other,
        };

    /// <summary>Only their histories told of some in which state they are.</summary>
    private static ImmutableArray<DeploymentLine> Matching(ImmutableArray<DeploymentLine> told, DeploymentFilter? filter) =>
        filter is not { States.IsEmpty: false } ? told : [.. told.Where(d => filter.States.Contains(d.State))];

    private Task<CoordinatorAnswer<DeploymentPage>> UntoldPageAsync(
        int limit, string? before, bool withCurrent, CancellationToken cancellationToken, DeploymentFilter? filter = null) =>
        AskAsync<DeploymentPage>(new ListDeployments(before, limit, withCurrent, filter), cancellationToken);

    /// <summary>
    /// The deployments that have not ended or still hold nodes, newest first: few, however many there have been. No history is read for them: of one that
    /// nobody carries on here, only that is known.
    /// </summary>
    public async Task<CoordinatorAnswer<ImmutableArray<DeploymentLine>>> CurrentAsync(CancellationToken cancellationToken) =>
        (await UntoldPageAsync(0, null, withCurrent: true, cancellationToken)).Select(page => page.Current);

    /// <summary>Whether a deployment of the fleet is carried on here, or enables nodes; also where nobody answers.</summary>
    public async Task<bool> IsBusyAsync(FleetName fleet, CancellationToken cancellationToken) =>
        await CurrentAsync(cancellationToken) is not CoordinatorAnswer<ImmutableArray<DeploymentLine>>.Given(var current)
        || current.Any(d => d.Fleet == fleet && d.Active && (d.Releases || !d.State.IsEnd()));

    /// <summary>The deployment with this id or unique prefix; refused where there is none, or several.</summary>
    public async Task<CoordinatorAnswer<DeploymentLine>> FindAsync(string idOrPrefix, CancellationToken cancellationToken) =>
        await AskAsync<CoordinatorProtocol.Deployments>(new FindDeployment(idOrPrefix), cancellationToken) switch
        {
            CoordinatorAnswer<CoordinatorProtocol.Deployments>.Given found =>
                new CoordinatorAnswer<DeploymentLine>.Given(await untold.ToldAsync(found.Value.Lines[0], cancellationToken)),
            var other => other.Select(found => found.Lines[0]),
        };

    /// <summary>What is known here of a deployment, without a look at its history; null where there is none of this id.</summary>
    public async Task<CoordinatorAnswer<DeploymentLine?>> KnownAsync(DeploymentId id, CancellationToken cancellationToken) =>
        await AskAsync<CoordinatorProtocol.Deployments>(new FindDeployment(id.Value), cancellationToken) switch
        {
            CoordinatorAnswer<CoordinatorProtocol.Deployments>.Refused { Why.Code: ProblemCodes.DeploymentNotFound } =>
                new CoordinatorAnswer<DeploymentLine?>.Given(null),
            var other => other.Select(found => found.Lines.FirstOrDefault(line => line.Id == id)),
        };
}
