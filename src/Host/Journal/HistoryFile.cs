using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestrator.Actors.Serialization;
using Orchestrator.Domain.Coordination;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Journal;

/// <summary>A file is no exported history, or not whole. Its words are a sentence that begins with the number of the line.</summary>
public sealed class HistoryFileException(string message) : IOException(message);

/// <summary>A history as it was read from a file, by the rules of replay.</summary>
/// <param name="Entry">What the coordinator of the other journal knew.</param>
/// <param name="State">What its own history says.</param>
/// <param name="Plan">Null where that was lost before it was exported.</param>
/// <param name="LastAt">When its last event happened.</param>
public sealed record ReadHistory(DeploymentEntry Entry, DeploymentState State, Plan? Plan, ImmutableArray<StoredEvent> Events, DateTimeOffset LastAt);

/// <summary>
/// One deployment as JSON lines: a head with its id, its plan, what the coordinator wrote about it, its own history, an end with their number. Events
/// stand there byte for byte as they lie in the journal. Each line carries a hash over itself and the lines before it.
/// </summary>
public static class HistoryFile
{
    /// <summary>Raised only by a version that writes what older ones would misread.</summary>
    private const string Format = "orchestrator/1";

    private const int HashLength = 16;
    private const int LongestProblem = 500;
    private static readonly byte[] HashKey = [.. ",\"hash\":\""u8];
    private static readonly byte[] AfterHash = [.. "\"}"u8];
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="plan">Null where it is lost.</param>
    /// <param name="coordinator">What the coordinator wrote about it.</param>
    public static void Write(Stream output, DeploymentId id, Plan? plan, IEnumerable<StoredEvent> coordinator, IEnumerable<StoredEvent> events)
    {
        var chain = new byte[SHA256.HashSizeInBytes];
        WriteLine(output, ref chain, json =>
        {
            json.WriteString("history", Format);
            json.WriteString("version", ProductVersion.Current);
            json.WriteString("deployment", id.Value);
        });
        WriteLine(output, ref chain, json =>
        {
            json.WritePropertyName("plan");
            if (plan is null)
                json.WriteNullValue();
            else
                json.WriteRawValue(PlanJson.Write(plan));
        });
        foreach (var stored in coordinator)
            WriteLine(output, ref chain, json => WriteEvent(json, "coordinator", stored));
        var count = 0L;
        foreach (var stored in events)
        {
            WriteLine(output, ref chain, json => WriteEvent(json, "sequence", stored));
            count++;
        }
        WriteLine(output, ref chain, json => json.WriteNumber("events", count));
    }

    /// <exception cref="HistoryFileException">It is no such file, was changed or cut, or breaks a rule of replay.</exception>
    public static async Task<ReadHistory> ReadAsync(Stream input, CancellationToken cancellationToken)
    {
        using var lines = new StreamReader(input, new UTF8Encoding(false), detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var reading = new Reading();
        var number = 0;
        while (await lines.ReadLineAsync(cancellationToken) is { } line)
        {
            number++;
            try
            {
                reading.Take(Encoding.UTF8.GetBytes(line));
            }
            catch (Exception e) when (e is not HistoryFileException)
            {
                throw At(number, OutsideText.OneLine(e.Message, LongestProblem));
            }
        }
        return reading.End is { } read ? read : throw At(number + 1, "the file ends here, before its last line");
    }

    private static HistoryFileException At(int line, string problem) => new(string.Create(CultureInfo.InvariantCulture, $"line {line}: {problem}"));

    private static void WriteLine(Stream output, ref byte[] chain, Action<Utf8JsonWriter> write)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line, Plain))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        var content = line.WrittenSpan[..^1];
        output.Write(content);
        output.Write(HashKey);
        output.Write(Hash(ref chain, content));
        output.Write(AfterHash);
        output.Write("\n"u8);
    }

    private static byte[] Hash(ref byte[] chain, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(chain);
        hash.AppendData(content);
        chain = hash.GetHashAndReset();
        return Encoding.ASCII.GetBytes(Convert.ToHexStringLower(chain)[..HashLength]);
    }

    private static void WriteEvent(Utf8JsonWriter json, string number, StoredEvent stored)
    {
        json.WriteNumber(number, stored.Sequence);
        json.WriteString("manifest", stored.Manifest);
        if (IsOneLineOfJson(stored.Bytes))
        {
            json.WritePropertyName("event");
            json.WriteRawValue(stored.Bytes, skipInputValidation: true);
        }
        else
        {
            // What is damaged is kept as it is.
            json.WriteBase64String("bytes", stored.Bytes);
        }
    }

    private static bool IsOneLineOfJson(byte[] bytes)
    {
        if (bytes.AsSpan().IndexOfAny((byte)'\n', (byte)'\r') >= 0)
            return false;
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && Encoding.UTF8.GetBytes(document.RootElement.GetRawText()).AsSpan().SequenceEqual(bytes);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What has been read of a file, line by line; whatever does not fit throws.</summary>
    private sealed class Reading
    {
        private readonly ImmutableArray<StoredEvent>.Builder _events = ImmutableArray.CreateBuilder<StoredEvent>();
        private readonly string _writer = Guid.NewGuid().ToString("N");
        private byte[] _chain = new byte[SHA256.HashSizeInBytes];
        private DeploymentId? _id;
        private bool _hasPlan;
        private Plan? _plan;
        private CoordinationState _coordination = CoordinationState.Initial;
        private DeploymentState _state = DeploymentState.Initial;
        private DateTimeOffset _lastAt;

        public ReadHistory? End { get; private set; }

        public void Take(byte[] line)
        {
            if (End is not null)
                throw new InvalidDataException("there is something after its last line");
            var content = Unhashed(line);
            using var document = JsonDocument.Parse(content);
            var root = document.RootElement;
            if (_id is not { } id)
                TakeHead(root);
            else if (!_hasPlan)
                TakePlan(root);
            else if (root.TryGetProperty("coordinator", out _))
                TakeOfCoordinator(root, id);
            else if (root.TryGetProperty("sequence", out var sequence))
                TakeEvent(root, sequence.GetInt64());
            else
                TakeEnd(root, id);
        }

        private byte[] Unhashed(byte[] line)
        {
            var length = line.Length - HashKey.Length - HashLength - AfterHash.Length;
            if (length < 1 || !line.AsSpan(length, HashKey.Length).SequenceEqual(HashKey) || !line.AsSpan().EndsWith(AfterHash))
                throw new InvalidDataException(_id is null ? "this is not an exported history" : "it is not whole: it does not end with its hash");
            var content = line[..length];
            if (!Hash(ref _chain, content).AsSpan().SequenceEqual(line.AsSpan(length + HashKey.Length, HashLength)))
                throw new InvalidDataException("its hash is wrong: this line was changed, or one before it is missing or in another place");
            return [.. content, (byte)'}'];
        }

        private void TakeHead(JsonElement line)
        {
            if (!line.TryGetProperty("history", out var format) || !line.TryGetProperty("deployment", out var id))
                throw new InvalidDataException("this is not an exported history");
            if (format.GetString() != Format)
                throw new InvalidDataException($"the file's form is {Phrases.Quote(format.GetString())}, and this version reads {Format}: use a later version");
            _id = new DeploymentId(id.GetString()!);
        }

        private void TakePlan(JsonElement line)
        {
            var plan = line.GetProperty("plan");
            _plan = plan.ValueKind == JsonValueKind.Null ? null : PlanJson.Read(Encoding.UTF8.GetBytes(plan.GetRawText()));
            _hasPlan = true;
        }

        private void TakeOfCoordinator(JsonElement line, DeploymentId id)
        {
            if (_events.Count > 0)
                throw new InvalidDataException("the coordinator's events come before the deployment's own");
            _coordination = CoordinationState.Evolve(_coordination, Read<ICoordinatorEvent>(Stored(line, "coordinator")));
            if (_coordination.Arrivals.Any(a => a != id) || (_coordination.Find(id) is { } entry && _plan is { } plan && plan.Id != entry.Registered.PlanId))
                throw new InvalidDataException("it is about another deployment, or another plan, than the lines before it");
        }

        private void TakeEvent(JsonElement line, long sequence)
        {
            if (sequence != _events.Count + 1)
            {
                throw new InvalidDataException(
                    string.Create(CultureInfo.InvariantCulture, $"event {sequence} is here in the place of event {_events.Count + 1}"));
            }
            var stored = Stored(line, "sequence");
            var @event = Read<IDeploymentEvent>(stored);
            _state = DeploymentEvolution.Evolve(_state, @event);
            _lastAt = @event.At;
            _events.Add(stored);
        }

        private void TakeEnd(JsonElement line, DeploymentId id)
        {
            if (_coordination.Find(id) is not { } entry)
                throw new InvalidDataException("the line that registers the deployment is missing before this one");
            if (!line.TryGetProperty("events", out var count) || count.GetInt64() != _events.Count)
                throw new InvalidDataException("this line is neither an event nor the number of the events before it");
            if (_state.Start is { } start && start.PlanId != entry.Registered.PlanId)
                throw new InvalidDataException("the history is that of another plan");
            End = new ReadHistory(entry, _state, _plan, _events.ToImmutable(), _events.Count == 0 ? entry.EndedAt ?? entry.Registered.At : _lastAt);
        }

        private StoredEvent Stored(JsonElement line, string number) => new(
            line.GetProperty(number).GetInt64(), line.GetProperty("manifest").GetString()!,
            line.TryGetProperty("event", out var @event) ? Encoding.UTF8.GetBytes(@event.GetRawText()) : line.GetProperty("bytes").GetBytesFromBase64(),
            MessagesSerializer.Id, _writer);

        private static TEvent Read<TEvent>(StoredEvent stored) => MessagesSerializer.Read(stored.Bytes, stored.Manifest) is TEvent @event
            ? @event
            : throw new InvalidDataException($"{Phrases.Quote(stored.Manifest)} is no event of this history");
    }
}
