using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using Akka.TestKit.Xunit2;
using Orchestrator.Actors.Serialization;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Tests.Serialization;

public class MessagesSerializerTests() : TestKit(MessagesSerializer.Hocon)
{
    private static readonly DateTimeOffset At = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);
    private static readonly DeploymentEvents.SupervisorStarted Event = new(3, At);

    private MessagesSerializer Found(object o) =>
        Assert.IsType<MessagesSerializer>(Sys.Serialization.FindSerializerFor(o));

    [Fact]
    public void Events_of_deployments_and_of_the_coordinator_are_plain_json_under_a_manifest()
    {
        var serializer = Found(Event);
        Assert.Equal(4711, serializer.Identifier);
        Assert.Equal("dep.supervisor-started.v1", serializer.Manifest(Event));
        Assert.Equal("""{"epoch":3,"at":"2026-03-04T05:06:07+00:00"}""", Encoding.UTF8.GetString(serializer.ToBinary(Event)));
        Assert.Equal(Event, Sys.Serialization.Deserialize(serializer.ToBinary(Event), 4711, "dep.supervisor-started.v1"));

        var withdrawn = new CoordinatorEvents.DeploymentWithdrawn(new("k7m2p9xa"), "jane", At);
        Assert.Equal("co.withdrawn.v1", Found(withdrawn).Manifest(withdrawn));
        Assert.Equal(withdrawn, Found(withdrawn).FromBinary(Found(withdrawn).ToBinary(withdrawn), "co.withdrawn.v1"));
    }

    [Fact]
    public void An_event_of_a_newer_version_is_refused_by_its_name()
    {
        var e = Assert.Throws<SerializationException>(() => Found(Event).FromBinary("{}"u8.ToArray(), "dep.from-the-future.v9"));
        Assert.Contains("dep.from-the-future.v9", e.Message, StringComparison.Ordinal);
        Assert.Contains("written by a newer version", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{\"epoch\":")]
    [InlineData("{\"epoch\":\"x\"}")]
    public void Damaged_bytes_are_refused_by_the_events_name(string json)
    {
        var e = Assert.Throws<SerializationException>(() => Found(Event).FromBinary(Encoding.UTF8.GetBytes(json), "dep.supervisor-started.v1"));
        Assert.Contains("dep.supervisor-started.v1", e.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", e.Message, StringComparison.Ordinal);
    }

    private sealed record Unknown(DateTimeOffset At) : IDeploymentEvent;

    [Fact]
    public void What_has_no_manifest_is_never_written()
    {
        foreach (var foreign in (object[])[new object(), "a text", new DeploymentId("k7m2p9xa"), new Dictionary<string, int>()])
        {
            var refusing = Sys.Serialization.FindSerializerFor(foreign);
            var e = Assert.Throws<SerializationException>(() => refusing.ToBinary(foreign));
            Assert.Equal(
                $"{foreign.GetType().FullName} is never written: only events with a manifest may be in the journal, see MessagesSerializer", e.Message);
            Assert.Throws<SerializationException>(() => refusing.FromBinary([], foreign.GetType()));
        }
        var unknown = new Unknown(At);
        Assert.Throws<SerializationException>(() => Found(unknown).Manifest(unknown));
        Assert.Throws<SerializationException>(() => Found(unknown).ToBinary(unknown));
    }

    [Fact]
    public void Every_binding_names_a_serializer_that_there_is_so_that_Akka_has_nothing_to_warn_of()
    {
        var known = Sys.Settings.Config.GetConfig("akka.actor.serializers").AsEnumerable().Select(s => s.Key).ToHashSet();
        var bindings = Sys.Settings.Config.GetConfig("akka.actor.serialization-bindings").AsEnumerable().ToList();
        Assert.NotEmpty(bindings);
        Assert.All(bindings, binding => Assert.Contains(binding.Value.GetString(), known));
    }

    [Fact]
    public void Local_messages_need_no_serializer()
    {
        TestActor.Tell(new Unknown(At));
        ExpectMsg<Unknown>();
    }
}
