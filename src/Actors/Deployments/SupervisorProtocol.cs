using Akka.Actor;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.Deciding;

namespace Orchestrator.Actors.Deployments;

/// <summary>What the coordinator says to a supervisor, which answers by <see cref="SupervisorReports"/>. Local: it never reaches the journal.</summary>
public static class SupervisorProtocol
{
    /// <summary>A verb. Answered to the sender by <see cref="SupervisorReports.OrderAnswered"/>.</summary>
    /// <param name="Reopenings">How often the coordinator has given an ended deployment its nodes back.</param>
    /// <param name="Number">Comes back with the answer.</param>
    public sealed record Order(DeploymentCommand Command, int Reopenings, long Number) : INoSerializationVerificationNeeded;

    /// <summary>The host is about to exit: nothing is decided from here on. What is being written is written, and what that orders is given out.</summary>
    public sealed record Freeze : INoSerializationVerificationNeeded
    {
        public static readonly Freeze Instance = new();
    }

    /// <summary>The end that it told is in the coordinator's journal.</summary>
    public sealed record EndAcknowledged(SupervisorReports.Ended Report) : INoSerializationVerificationNeeded;
}
