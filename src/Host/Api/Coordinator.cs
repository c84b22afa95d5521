using System.Collections.Immutable;
using Akka.Actor;
using Akka.Hosting;
using Orchestrator.Actors.Deployments;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Messages.Deployments.CoordinatorProtocol;

namespace Orchestrator.Host.Api;

/// <summary>Asks the coordinator on behalf of a request: the one place where an actor is asked and waited for.</summary>
public sealed class Coordinator(IRequiredActor<DeploymentCoordinator> actor, HostSettings settings)
{
    /// <summary>Asks and waits, longer where the answer itself takes <paramref name="work"/>.</summary>
    /// <exception cref="ApiException">The coordinator denied it, or did not answer in time.</exception>
    public async Task<T> AskAsync<T>(object message, CancellationToken cancellationToken, TimeSpan work = default)
    {
        var timeout = settings.AnswerTimeout + work;
        object answer;
        try
        {
            answer = await (await actor.GetAsync(cancellationToken)).Ask<object>(message, timeout, cancellationToken);
        }
        catch (AskTimeoutException e)
        {
            throw new ApiException(Problems.Unavailable(
                $"no answer within {timeout.TotalSeconds:0} s, so it is not known whether it was done: see \"orchestrator list\""), e);
        }
        return answer switch
        {
            T expected => expected,
            Denied denied => throw new ApiException(Problems.Of(denied)),
            _ => throw new InvalidOperationException($"{message.GetType().Name} was answered with {answer.GetType().Name}"),
        };
    }

    /// <summary>A page of deployments, newest first.</summary>
    /// <param name="limit">At most so many.</param>
    /// <param name="before">Only those older than this one, an id or a unique prefix; null for the newest.</param>
    /// <param name="withCurrent">Also those older than the page that have not ended or still hold nodes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">There is no such deployment (404), or several (409).</exception>
    public Task<DeploymentPage> PageAsync(int limit, string? before, bool withCurrent, CancellationToken cancellationToken) =>
        AskAsync<DeploymentPage>(new ListDeployments(before, limit, withCurrent), cancellationToken);

    /// <summary>The deployments that have not ended or still hold nodes, newest first: few, however many there have been.</summary>
    public async Task<ImmutableArray<DeploymentLine>> CurrentAsync(CancellationToken cancellationToken) =>
        (await PageAsync(0, null, withCurrent: true, cancellationToken)).Current;

    /// <summary>The deployment with this id or unique prefix.</summary>
    /// <exception cref="ApiException">There is none (404), or several (409).</exception>
    public async Task<DeploymentLine> FindAsync(string idOrPrefix, CancellationToken cancellationToken) =>
        (await AskAsync<CoordinatorProtocol.Deployments>(new FindDeployment(idOrPrefix), cancellationToken)).Lines[0];
}
