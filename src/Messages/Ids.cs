using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages;

/// <summary>A name in the project's vocabulary that is a string on the wire and a type of its own inside.</summary>
public interface IName<TSelf> where TSelf : struct, IName<TSelf>
{
    /// <summary>The text as it stands on the wire and in the journal; ordinal, case matters.</summary>
    string Value { get; }

    /// <summary>Wraps a text that its edge has checked already.</summary>
    static abstract TSelf From(string value);
}

/// <summary>Names a deployment for ever: eight letters and digits, drawn by the host when the deployment is registered.</summary>
[JsonConverter(typeof(NameConverter<DeploymentId>))]
public readonly record struct DeploymentId(string Value) : IName<DeploymentId>
{
    public static DeploymentId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>A node's name as the site gives it; compared and ordered by ordinal value.</summary>
[JsonConverter(typeof(NameConverter<NodeName>))]
public readonly record struct NodeName(string Value) : IName<NodeName>, IComparable<NodeName>
{
    public static NodeName From(string value) => new(value);

    public int CompareTo(NodeName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}

/// <summary>Names a fleet: which broker and collective, or <c>emulated:</c> and the hash of a scenario.</summary>
[JsonConverter(typeof(NameConverter<FleetName>))]
public readonly record struct FleetName(string Value) : IName<FleetName>
{
    public const string EmulatedPrefix = "emulated:";

    /// <summary>True where the fleet lives inside a host's process and is gone with it.</summary>
    [JsonIgnore]
    public bool IsEmulated => Value.StartsWith(EmulatedPrefix, StringComparison.Ordinal);

    public static FleetName From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>A plan's id: <c>sha256:</c> and the hexadecimal SHA-256 of its canonical JSON without <c>id</c> and <c>warnings</c>.</summary>
[JsonConverter(typeof(NameConverter<PlanId>))]
public readonly record struct PlanId(string Value) : IName<PlanId>
{
    /// <summary>What every plan's id begins with, and no deployment's.</summary>
    public const string Prefix = "sha256:";

    public static bool IsOne(string text) =>
        text.Length == Prefix.Length + 64 && text.StartsWith(Prefix, StringComparison.Ordinal) && text[Prefix.Length..].All(char.IsAsciiHexDigitLower);

    public static PlanId From(string value) => new(value);

    public override string ToString() => Value;
}

/// <summary>Writes a name as a JSON string, as a value and as a property's name.</summary>
public sealed class NameConverter<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.None)] T> : JsonConverter<T> where T : struct, IName<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.From(reader.GetString() ?? throw new JsonException($"a {typeof(T).Name} may not be null"));

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        T.From(reader.GetString()!);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(value.Value);
}
