using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Persistence;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>The journal takes events with a manifest and nothing else.</summary>
public sealed class JournalRejectionTests
{
    private static readonly CoordinatorEvents.DeploymentWithdrawn Event = new(new DeploymentId("k7m2p9xa"), "jane", new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    [Fact]
    public async Task Is_rejected_by_the_journal_in_one_sentence()
    {
        await using var host = await TestHost.StartAsync();
        var writer = host.System.ActorOf(Props.Create(() => new Writer()));

        var rejected = await Assert.ThrowsAsync<SerializationException>(() => Until.DoneAsync(writer.Ask<object>("a string")));

        Assert.Equal("System.String is never written: only events with a manifest may be in the journal, see MessagesSerializer", rejected.Message);
        Assert.Equal(Event, await Until.DoneAsync(writer.Ask<object>(Event)));
    }

    /// <summary>Writes whatever it is told and says what came of it.</summary>
    private sealed class Writer : UntypedPersistentActor
    {
        public override string PersistenceId => "writer";

        protected override void OnCommand(object message) => Persist(message, written => Sender.Tell(written));

        protected override void OnRecover(object message)
        {
            // It has no state.
        }

        protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) => Sender.Tell(new Status.Failure(cause));
    }
}
