using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Actor;
using Akka.Configuration;
using Akka.Serialization;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Actors.Serialization;

/// <summary>
/// Writes every event into the journal as plain UTF-8 JSON under the short manifest of <see cref="EventManifests"/>, so that history can be
/// read with a SQL prompt and a renamed type breaks nothing. It refuses whatever it does not know. See docs/adr/0001.
/// </summary>
public sealed class MessagesSerializer : SerializerWithStringManifest
{
    /// <summary>Stands beside each event in the journal; never changes.</summary>
    public const int Id = 4711;

    /// <summary>
    /// Binds this serializer to the events, and <see cref="RefusingSerializer"/> to all else that an actor may try to persist.
    /// Messages between local actors are not serialised, so this does not concern them.
    /// </summary>
    public static Config Hocon { get; } = ConfigurationFactory.ParseString(
        $$"""
        akka.actor {
          serializers.orchestrator = "{{NameOf<MessagesSerializer>()}}"
          serializers.refused = "{{NameOf<RefusingSerializer>()}}"
          serialization-identifiers."{{NameOf<MessagesSerializer>()}}" = {{Id}}
          serialization-identifiers."{{NameOf<RefusingSerializer>()}}" = {{RefusingSerializer.Id}}
          serialization-bindings {
            "{{NameOf<IDeploymentEvent>()}}" = orchestrator
            "{{NameOf<ICoordinatorEvent>()}}" = orchestrator
            "System.Object" = refused
          }
        }
        """);

    public MessagesSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => Id;

    public override string Manifest(object o)
    {
        try
        {
            return EventManifests.Of(o.GetType());
        }
        catch (ArgumentException e)
        {
            throw new SerializationException(e.Message, e);
        }
    }

    public override byte[] ToBinary(object obj)
    {
        Manifest(obj);
        return JsonSerializer.SerializeToUtf8Bytes(obj, InfoOf(obj.GetType()));
    }

    public override object FromBinary(byte[] bytes, string manifest) => Read(bytes, manifest);

    /// <summary>An event as it lies in the journal.</summary>
    /// <exception cref="SerializationException">A newer version wrote it, or it is damaged.</exception>
    public static object Read(ReadOnlySpan<byte> bytes, string manifest)
    {
        var type = EventManifests.Find(manifest)?.Type
            ?? throw new SerializationException(
                $"the journal has an event \"{manifest}\" that this version does not know: it was written by a newer version of the orchestrator");
        try
        {
            return JsonSerializer.Deserialize(bytes, InfoOf(type))
                ?? throw new SerializationException($"the journal's event \"{manifest}\" is empty: the journal is damaged");
        }
        catch (JsonException e)
        {
            throw new SerializationException($"the journal's event \"{manifest}\" cannot be read ({e.Message}): the journal is damaged", e);
        }
    }

    private static JsonTypeInfo InfoOf(Type type) =>
        MessagesJson.Plain.GetTypeInfo(type) ?? throw new SerializationException($"{type.Name} has no place in {nameof(MessagesJson)}");

    private static string NameOf<T>() => $"{typeof(T).FullName}, {typeof(T).Assembly.GetName().Name}";
}
