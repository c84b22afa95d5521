using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Domain.Deployments.Deciding;

/// <summary>By what a request that is sent again is known.</summary>
/// <param name="Key">The SHA-256 of who asks and of the key that came with it; 64 hexadecimal characters.</param>
/// <param name="Request">The same of what is asked for.</param>
public sealed record RequestIdentity(string Key, string Request);

/// <summary>What a request means whose key stands in the history: who sends it again has lost the answer, and does not want it done once more.</summary>
public static class RepeatedRequests
{
    /// <summary>Null where the key is new, or there is none.</summary>
    public static Decision? Of(DeploymentState state, DeploymentCommand command) =>
        command is DeploymentCommand.ByPerson { Request: { } request } && state.Requests.TryGetValue(request.Key, out var taken) ? Of(taken, request) : null;

    /// <summary>Answered before, or refused where the key stands for something else.</summary>
    public static Decision Of(TakenRequest taken, RequestIdentity request) => taken.Event.Request == request.Request
        ? new Decision.Ignore($"already received at {Phrases.Time(taken.Event.At)}: {taken.Event.Answer}", taken.Sequence)
        : new Decision.Reject(
            ProblemCodes.IdempotencyKeyReused, $"this {HostApi.IdempotencyKey} was used for another request before: use a new key for each request");
}
