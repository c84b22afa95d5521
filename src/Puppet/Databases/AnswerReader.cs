using System.Buffers;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Puppet.Databases;

/// <summary>What becomes of the rows of an answer.</summary>
internal interface IRows
{
    /// <summary>The keys that each row must have; others are passed over.</summary>
    ImmutableArray<string> Keys { get; }

    /// <summary>A value of the row at hand; a scalar is the reader's current token.</summary>
    /// <param name="json">The whole value where it is a list or an object; else empty.</param>
    void Set(int key, ref Utf8JsonReader reader, ReadOnlySpan<byte> json);

    /// <summary>The row has all its keys.</summary>
    void EndRow();
}

/// <summary>
/// Reads an answer of PuppetDB's as it comes: a list of objects. It must go on to its closing bracket and end there, because an answer whose database
/// connection died is cut in the middle and looks whole otherwise.
/// </summary>
internal static class AnswerReader
{
    private const int FirstBuffer = 1 << 16;

    /// <summary>No single value is longer: the parameters of a resource may hold a file's content.</summary>
    private const int LongestValue = 64 << 20;

    /// <summary>Hands each row to <paramref name="rows"/>; how many there were.</summary>
    /// <exception cref="BadAnswerException">The answer is not as it must be; nothing that it said may be used.</exception>
    public static async Task<int> ReadAsync<TRows>(Stream answer, TRows rows, CancellationToken cancellationToken) where TRows : class, IRows
    {
        var parse = new Parse<TRows>(rows);
        var buffer = ArrayPool<byte>.Shared.Rent(FirstBuffer);
        try
        {
            var filled = 0;
            while (true)
            {
                var count = await answer.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                filled += count;
                // Whole buffers are parsed: a short piece of a value would be looked at again and again.
                if (count > 0 && filled < buffer.Length)
                    continue;
                var consumed = parse.Next(buffer.AsSpan(0, filled), isEnd: count == 0);
                if (count == 0)
                    return parse.Count;
                buffer.AsSpan(consumed, filled - consumed).CopyTo(buffer);
                filled -= consumed;
                if (filled == buffer.Length)
                    buffer = Larger(buffer, filled);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static byte[] Larger(byte[] buffer, int filled)
    {
        if (filled >= LongestValue)
            throw new BadAnswerException($"has a value of more than {LongestValue >> 20} MiB, more than any resource has: check that this is PuppetDB");
        var larger = ArrayPool<byte>.Shared.Rent(2 * buffer.Length);
        buffer.AsSpan(0, filled).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }

    /// <summary>Where the reading stands between two pieces.</summary>
    private sealed class Parse<TRows>(TRows rows) where TRows : class, IRows
    {
        private readonly byte[][] _keys = [.. rows.Keys.Select(System.Text.Encoding.UTF8.GetBytes)];
        private readonly uint _all = (1u << rows.Keys.Length) - 1;
        private JsonReaderState _state;
        private Where _where;
        private uint _seen;
        private int _key;                               // of the value that follows; -1: not known
        private int _after = -1;                        // rows nearly always have their keys in one order

        private enum Where
        {
            Before = 0,
            Rows,
            Row,
            Value,
            After,
        }

        /// <summary>How many rows have ended.</summary>
        public int Count { get; private set; }

        /// <summary>Reads on; how many bytes are done with.</summary>
        public int Next(ReadOnlySpan<byte> piece, bool isEnd)
        {
            // At the end it throws unless all brackets are closed.
            var reader = new Utf8JsonReader(piece, isEnd, _state);
            try
            {
                while (true)
                {
                    var before = reader;
                    if (!reader.Read())
                        break;
                    if (!Take(ref reader, piece, isEnd))
                    {
                        reader = before;
                        break;
                    }
                }
            }
            catch (JsonException e)
            {
                throw Malformed(piece, isEnd, e);
            }
            catch (InvalidOperationException e)
            {
                throw new BadAnswerException($"has text in row {Row} that is not Unicode: see which resource has it, {Unusable}", e);
            }
            _state = reader.CurrentState;
            return (int)reader.BytesConsumed;
        }

        private string Row => Phrases.Number(Count + 1);

        private static string Unusable => "nothing of it is used";

        /// <summary>False where the piece ends within the value.</summary>
        private bool Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> piece, bool isEnd)
        {
            switch (_where)
            {
                case Where.Before when reader.TokenType == JsonTokenType.StartArray:
                    _where = Where.Rows;
                    return true;
                case Where.Before:
                    throw new BadAnswerException($"is not a list of rows: check that this is PuppetDB, {Unusable}");
                case Where.Rows when reader.TokenType == JsonTokenType.EndArray:
                    _where = Where.After;
                    return true;
                case Where.Rows when reader.TokenType == JsonTokenType.StartObject:
                    (_where, _seen) = (Where.Row, 0);
                    return true;
                case Where.Rows:
                    throw new BadAnswerException($"has something else than an object as row {Row}: check that this is PuppetDB, {Unusable}");
                case Where.Row when reader.TokenType == JsonTokenType.EndObject:
                    EndRow();
                    return true;
                case Where.Row:
                    _key = KeyOf(ref reader);
                    _where = Where.Value;
                    return true;
                default:
                    return TakeValue(ref reader, piece, isEnd);
            }
        }

        private bool TakeValue(ref Utf8JsonReader reader, ReadOnlySpan<byte> piece, bool isEnd)
        {
            var start = (int)reader.TokenStartIndex;
            ReadOnlySpan<byte> json = default;
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                if (!isEnd)
                {
                    if (!reader.TrySkip())
                        return false;
                }
                else
                {
                    reader.Skip();
                }
                json = piece[start..(int)reader.BytesConsumed];
            }
            if (_key >= 0)
            {
                try
                {
                    rows.Set(_key, ref reader, json);
                }
                catch (BadAnswerException e)
                {
                    throw InRow(e);
                }
                _seen |= 1u << _key;
            }
            _where = Where.Row;
            return true;
        }

        private BadAnswerException InRow(BadAnswerException e) => new($"{e.Message} in row {Row}: {Unusable}", e);

        private void EndRow()
        {
            if (_seen != _all)
            {
                var missing = rows.Keys.Where((_, k) => (_seen & (1u << k)) == 0);
                throw new BadAnswerException($"lacks {Phrases.List([.. missing.Select(k => Phrases.Quote(k))], "and")} in row {Row}: {Unusable}");
            }
            try
            {
                rows.EndRow();
            }
            catch (BadAnswerException e)
            {
                throw InRow(e);
            }
            Count++;
            _where = Where.Rows;
        }

        private int KeyOf(ref Utf8JsonReader reader)
        {
            var likely = _after + 1 < _keys.Length ? _after + 1 : 0;
            _after = reader.ValueTextEquals(_keys[likely]) ? likely : FindKey(ref reader);
            return _after;
        }

        private int FindKey(ref Utf8JsonReader reader)
        {
            for (var key = 0; key < _keys.Length; key++)
            {
                if (reader.ValueTextEquals(_keys[key]))
                    return key;
            }
            return -1;
        }

        private BadAnswerException Malformed(ReadOnlySpan<byte> piece, bool isEnd, JsonException e)
        {
            if (_where == Where.Before)
            {
                var start = piece.TrimStart(" \t\r\n"u8);
                return start.IsEmpty
                    ? new BadAnswerException("is empty: check that this is PuppetDB and not another server", e)
                    : start[0] == (byte)'<'
                        ? new BadAnswerException("is an HTML page: check that address and port are those of PuppetDB, and not of a proxy or a dashboard", e)
                        : new BadAnswerException("is not JSON: check that this is PuppetDB and not another server", e);
            }
            if (isEnd && IsCut(piece))
            {
                return new BadAnswerException(
                    $"stops in the middle, after {Phrases.Count(Count, "row")}: its connection to its database may have died, see its log; {Unusable}, "
                    + "try again",
                    e);
            }
            return new BadAnswerException(
                _where == Where.After
                    ? $"goes on after its end: check that this is PuppetDB, {Unusable}"
                    : $"is not JSON in row {Row}: check that this is PuppetDB, {Unusable}",
                e);
        }

        /// <summary>What is wrong is that there is no more.</summary>
        private bool IsCut(ReadOnlySpan<byte> piece)
        {
            var reader = new Utf8JsonReader(piece, isFinalBlock: false, _state);
            try
            {
                while (reader.Read())
                {
                }
                return true;
            }
            catch (JsonException)
            {
                return false;
            }
        }
    }
}
