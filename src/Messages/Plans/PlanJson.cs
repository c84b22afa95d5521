using System.Buffers;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orchestrator.Messages.Plans;

/// <summary>
/// A plan's canonical JSON and its id. The canonical JSON is UTF-8 without white space, its properties in the order of
/// <see cref="Plan"/>, every list in ordinal order, and no character escaped that JSON does not want escaped. The id is the SHA-256 of
/// that text with <c>id</c>, <c>warnings</c> and <c>edges</c> left out. Written by hand: neither an attribute nor a new property may change it unseen.
/// </summary>
public static class PlanJson
{
    private static readonly JsonWriterOptions Canonical = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Makes a plan of its parts: counts its nodes and computes its id. All lists must be in ordinal order.</summary>
    public static Plan Seal(string environment, ImmutableArray<string> applications, ImmutableArray<PlanGroup> groups, ImmutableArray<PlanWarning> warnings)
    {
        var count = 0;
        foreach (var group in groups)
            count += group.Nodes.Length;

        var plan = new Plan(default, environment, applications, count, groups, warnings);
        return plan with { Id = IdOf(plan) };
    }

    /// <summary>The id that the plan's content demands, whatever id it carries.</summary>
    public static PlanId IdOf(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var writer = new Utf8JsonWriter(new HashingBuffer(hash), Canonical);
        writer.WriteStartObject();
        WriteContent(writer, plan);
        writer.WriteEndObject();
        writer.Flush();
        return new PlanId($"{PlanId.Prefix}{Convert.ToHexStringLower(hash.GetHashAndReset())}");
    }

    /// <summary>The plan as <c>plan --output json</c> prints it and the HTTP API returns it.</summary>
    public static byte[] Write(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        using var buffer = new ChunkedBuffer();
        using var writer = new Utf8JsonWriter(buffer, Canonical);
        writer.WriteStartObject();
        writer.WriteString("id"u8, plan.Id.Value);
        WriteContent(writer, plan);
        writer.WriteStartArray("warnings"u8);
        foreach (var warning in plan.Warnings)
            JsonSerializer.Serialize(writer, warning, PlansJson.Plain.PlanWarning);

        writer.WriteEndArray();
        if (plan.Edges is { } edges)
        {
            writer.WriteStartArray("edges"u8);
            foreach (var edge in edges)
                JsonSerializer.Serialize(writer, edge, PlansJson.Plain.PlanEdge);

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.ToArray();
    }

    public static byte[] Write(SiteProblems problems) => JsonSerializer.SerializeToUtf8Bytes(problems, PlansJson.Plain.SiteProblems);

    /// <summary>
    /// Reads what <see cref="Write(Plan)"/> wrote. Throws <see cref="InvalidDataException"/> with one sentence where the text is no plan or its id
    /// is not that of its content: a damaged plan must not be run.
    /// </summary>
    public static Plan Read(ReadOnlySpan<byte> json)
    {
        Plan? plan;
        try
        {
            plan = JsonSerializer.Deserialize(json, PlansJson.Plain.Plan);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"this is not a plan: {e.Message}", e);
        }

        if (plan is null || plan.Id != IdOf(plan))
            throw new InvalidDataException("the plan is damaged: its id does not match its content");

        return plan;
    }

    private static void WriteContent(Utf8JsonWriter writer, Plan plan)
    {
        writer.WriteString("environment"u8, plan.Environment);
        WriteTexts(writer, "applications"u8, plan.Applications);
        writer.WriteNumber("nodeCount"u8, plan.NodeCount);
        writer.WriteStartArray("groups"u8);
        foreach (var group in plan.Groups)
        {
            writer.WriteStartObject();
            writer.WriteNumber("number"u8, group.Number);
            writer.WriteStartArray("nodes"u8);
            foreach (var node in group.Nodes)
                WriteNode(writer, node);

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNode(Utf8JsonWriter writer, PlannedNode node)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, node.Name.Value);
        writer.WriteStartObject("components"u8);
        foreach (var (application, components) in node.Components)
        {
            writer.WriteStartArray(application);
            foreach (var component in components)
                writer.WriteStringValue(component);

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        writer.WriteStartArray("after"u8);
        foreach (var producer in node.After)
            writer.WriteStringValue(producer.Value);

        writer.WriteEndArray();
        if (node.Identity is { } identity)
            writer.WriteString("identity"u8, identity.Value);

        if (node.Labels is { } labels)
        {
            writer.WriteStartObject("labels"u8);
            foreach (var (label, value) in labels)
                writer.WriteString(label, value);

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, ReadOnlySpan<byte> name, ImmutableArray<string> texts)
    {
        writer.WriteStartArray(name);
        foreach (var text in texts)
            writer.WriteStringValue(text);

        writer.WriteEndArray();
    }

    /// <summary>A buffer that passes what is written into a hash and keeps nothing.</summary>
    private sealed class HashingBuffer(IncrementalHash hash) : IBufferWriter<byte>
    {
        private byte[] _buffer = new byte[16 * 1024];

        public void Advance(int count) => hash.AppendData(_buffer, 0, count);

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_buffer.Length < sizeHint)
                _buffer = new byte[sizeHint];

            return _buffer;
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
    }

    /// <summary>A buffer that grows by borrowed pieces: a large plan is copied once, at the end, and nothing is thrown away.</summary>
    private sealed class ChunkedBuffer : IBufferWriter<byte>, IDisposable
    {
        private const int ChunkSize = 64 * 1024;

        private readonly List<(byte[] Bytes, int Count)> _full = [];
        private byte[] _chunk = [];
        private int _count;

        public void Advance(int count) => _count += count;

        public Memory<byte> GetMemory(int sizeHint = 0)
        {
            if (_chunk.Length - _count < Math.Max(1, sizeHint))
            {
                _full.Add((_chunk, _count));
                (_chunk, _count) = (ArrayPool<byte>.Shared.Rent(Math.Max(ChunkSize, sizeHint)), 0);
            }

            return _chunk.AsMemory(_count);
        }

        public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public byte[] ToArray()
        {
            var all = GC.AllocateUninitializedArray<byte>(_full.Sum(c => c.Count) + _count);
            var at = 0;
            foreach (var (bytes, count) in _full.Append((_chunk, _count)))
            {
                bytes.AsSpan(0, count).CopyTo(all.AsSpan(at));
                at += count;
            }

            return all;
        }

        public void Dispose()
        {
            foreach (var (bytes, _) in _full.Append((_chunk, 0)))
                ArrayPool<byte>.Shared.Return(bytes);

            _full.Clear();
            (_chunk, _count) = ([], 0);
        }
    }
}
