using System.Text.Json;

namespace Orchestrator.Choria.Protocol;

/// <summary>Which nodes a request is for, beside those that its subject reaches. A node that does not match says nothing.</summary>
public sealed record RpcFilter
{
    public ImmutableArray<string> Agents { get; init; } = [];

    /// <summary>Identities of which a node must be one; a name between slashes is a regular expression.</summary>
    public ImmutableArray<string> Identities { get; init; } = [];

    public ImmutableArray<string> Classes { get; init; } = [];

    /// <summary>Facts that a node must match, each the JSON that it was.</summary>
    public ImmutableArray<string> Facts { get; init; } = [];

    /// <summary>Expressions that a node must match, each the JSON that it was.</summary>
    public ImmutableArray<string> Compounds { get; init; } = [];

    internal static RpcFilter Read(ref LayerReader reader)
    {
        var filter = new RpcFilter();
        reader.Enter("filter");
        while (reader.NextField())
        {
            if (reader.IsField("agent"u8))
                filter = filter with { Agents = [.. reader.Texts("agent")] };
            else if (reader.IsField("identity"u8))
                filter = filter with { Identities = [.. reader.Texts("identity")] };
            else if (reader.IsField("cf_class"u8))
                filter = filter with { Classes = [.. reader.Texts("cf_class")] };
            else if (reader.IsField("fact"u8))
                filter = filter with { Facts = [.. reader.RawElements("fact")] };
            else if (reader.IsField("compound"u8))
                filter = filter with { Compounds = [.. reader.RawElements("compound")] };
            else
                reader.Skip();                          // the Ruby client's discovery puts the collective here
        }
        return filter;
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("filter"u8);
        WriteRaw(json, "fact", Facts);
        WriteTexts(json, "cf_class", Classes);
        WriteTexts(json, "agent", Agents);
        WriteTexts(json, "identity", Identities);
        WriteRaw(json, "compound", Compounds);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, ImmutableArray<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void WriteRaw(Utf8JsonWriter json, string name, ImmutableArray<string> elements)
    {
        json.WriteStartArray(name);
        foreach (var element in elements)
            json.WriteRawValue(element);
        json.WriteEndArray();
    }
}
