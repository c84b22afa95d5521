using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Tests;

/// <summary>Events are for ever: their names and bytes are held by one golden each.</summary>
public class EventBytesTests
{
    public static TheoryData<string> Samples => [.. EventSamples.All.Keys];

    private static IEnumerable<Type> EventTypes => typeof(IDeploymentEvent).Assembly.GetTypes()
        .Where(t => t is { IsAbstract: false, IsInterface: false }
            && (t.IsAssignableTo(typeof(IDeploymentEvent)) || t.IsAssignableTo(typeof(ICoordinatorEvent))));

    [Theory]
    [MemberData(nameof(Samples))]
    public void An_event_is_written_as_its_golden_says_and_read_back(string name)
    {
        var sample = EventSamples.All[name];
        var manifest = EventManifests.Of(sample.GetType());
        Assert.True(name == manifest || name == manifest + ".bare", $"{name} is a sample of {manifest}");

        Goldens.Hold(name, JsonSerializer.SerializeToUtf8Bytes(sample, InfoOf(sample.GetType())));

        var golden = Goldens.Read(name);
        var read = JsonSerializer.Deserialize(golden, InfoOf(EventManifests.Find(manifest)!.Type))!;
        Assert.Equal(golden, JsonSerializer.SerializeToUtf8Bytes(read, InfoOf(read.GetType())));
    }

    [Fact]
    public void Every_event_has_a_manifest_a_sample_and_a_golden()
    {
        var manifests = EventTypes.Select(EventManifests.Of).Order(StringComparer.Ordinal).ToList();
        Assert.NotEmpty(manifests);
        Assert.Equal(manifests, EventManifests.All.Order(StringComparer.Ordinal));
        Assert.Equal([], manifests.Except(EventSamples.All.Keys));
        Assert.Equal(EventSamples.All.Keys.Append("recorded-event").Order(StringComparer.Ordinal), Goldens.Names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_member_of_every_event_is_set_in_its_sample()
    {
        foreach (var (name, sample) in EventSamples.All.Where(s => !s.Key.EndsWith(".bare", StringComparison.Ordinal)))
        {
            foreach (var member in sample.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
                Assert.False(member.GetValue(sample) is null, $"{name} leaves {member.Name} out");
        }
    }

    [Fact]
    public void A_type_without_a_manifest_is_refused() => Assert.Throws<ArgumentException>(() => EventManifests.Of(typeof(string)));

    [Fact]
    public void A_recorded_event_is_one_flat_object()
    {
        var recorded = new RecordedEvent(7, (IDeploymentEvent)EventSamples.All["dep.node-settled.v1"]);
        Goldens.Hold("recorded-event", JsonSerializer.SerializeToUtf8Bytes(recorded, MessagesJson.Plain.RecordedEvent));

        var golden = Goldens.Read("recorded-event");
        var read = JsonSerializer.Deserialize(golden, MessagesJson.Plain.RecordedEvent)!;
        Assert.Equal(7, read.Sequence);
        Assert.Equal(golden, JsonSerializer.SerializeToUtf8Bytes(read, MessagesJson.Plain.RecordedEvent));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("""{"sequence":1}""")]
    [InlineData("""{"sequence":"x","type":"ended"}""")]
    [InlineData("""{"sequence":1,"type":"from-the-future"}""")]
    [InlineData("""{"sequence":1,"type":"ended","end":"no such end"}""")]
    public void What_is_no_recorded_event_is_refused_as_bad_json(string text) =>
        Assert.ThrowsAny<JsonException>(() => JsonSerializer.Deserialize(text, MessagesJson.Plain.RecordedEvent));

    [Fact]
    public void Options_that_an_older_event_lacks_have_their_defaults()
    {
        var golden = System.Text.Encoding.UTF8.GetString(Goldens.Read("dep.started.v1"));
        var begin = golden.IndexOf("\"options\":{", StringComparison.Ordinal) + "\"options\":".Length;
        var bare = golden[..begin] + "{\"noop\":true}" + golden[(golden.IndexOf('}', begin) + 1)..];

        var started = JsonSerializer.Deserialize(bare, MessagesJson.Plain.DeploymentStarted)!;

        Assert.Equal(new DeploymentOptions { Noop = true }, started.Options);
    }

    private static JsonTypeInfo InfoOf(Type type) => MessagesJson.Plain.GetTypeInfo(type)!;
}
