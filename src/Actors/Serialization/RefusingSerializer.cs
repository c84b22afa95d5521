using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Orchestrator.Actors.Serialization;

/// <summary>Stands for every type that has no serializer of its own: nothing of it is ever written or read. See docs/adr/0001.</summary>
public sealed class RefusingSerializer : Serializer
{
    /// <summary>Stands beside nothing in the journal; Akka wants one for each serializer.</summary>
    public const int Id = 4712;

    public RefusingSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => Id;

    public override bool IncludeManifest => false;

    public override byte[] ToBinary(object obj) => throw Refused($"{obj?.GetType().FullName ?? "null"} is never written");

    public override object FromBinary(byte[] bytes, Type type) => throw Refused($"{type?.FullName ?? "what this is"} is never read");

    private static SerializationException Refused(string what) =>
        new($"{what}: only events with a manifest may be in the journal, see {nameof(MessagesSerializer)}");
}
