using System.Buffers;
using System.Text.Json;

namespace Orchestrator.Choria.Protocol;

/// <summary>
/// Walks through the fields of one layer, a JSON object, and reads their values. Throws <see cref="JsonException"/> or
/// <see cref="InvalidOperationException"/> as System.Text.Json does: <see cref="Layer"/> turns both into a <see cref="WireException"/>.
/// A name that stands twice counts as its last, as for the Ruby and Go implementations.
/// </summary>
internal ref struct LayerReader
{
    private readonly string _layer;
    private Utf8JsonReader _reader;
    private int _depth;
    private string? _protocol;

    public LayerReader(string layer, ReadOnlySpan<byte> json)
    {
        _layer = layer;
        _reader = new Utf8JsonReader(json);
        if (!_reader.Read() || _reader.TokenType != JsonTokenType.StartObject)
            throw new WireException(WireFault.Json, $"the {_layer} is not a JSON object");
    }

    /// <summary>Goes to the next field of the object that was entered last; false at its end. The layer's protocol is kept for <see cref="End"/>.</summary>
    public bool NextField()
    {
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (_depth > 0 || !IsField("protocol"u8))
                return true;
            _protocol = Text("protocol");
        }
        _depth--;
        return false;
    }

    public readonly bool IsField(ReadOnlySpan<byte> name) => _reader.ValueTextEquals(name);
    public readonly string FieldName() => _reader.GetString()!;

    public void Skip()
    {
        _reader.Read();
        _reader.Skip();
    }

    /// <summary>Goes into the current field's value, an object, whose fields come next.</summary>
    public void Enter(string name)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartObject)
            throw Unexpected(name, "an object");
        _depth++;
    }

    /// <summary>The current field's value as a short text.</summary>
    public string Text(string name)
    {
        _reader.Read();
        return _reader.TokenType == JsonTokenType.String ? _reader.GetString()! : throw Unexpected(name, "a string");
    }

    /// <summary>The current field's value as a whole number; a fraction is cut off.</summary>
    public long Number(string name)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.Number)
            throw Unexpected(name, "a number");
        if (_reader.TryGetInt64(out var number))
            return number;
        return _reader.TryGetDouble(out var fraction) && Math.Abs(fraction) < 1e15 ? (long)fraction : throw Unexpected(name, "a number in range");
    }

    /// <summary>The current field's value, any text, without its escapes.</summary>
    public PooledBytes LongText(string name)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.String)
            throw Unexpected(name, "a string");
        var text = PooledBytes.Rent(_reader.ValueSpan.Length);
        try
        {
            text.Length = _reader.CopyString(text.Whole);
            return text;
        }
        catch
        {
            text.Dispose();
            throw;
        }
    }

    /// <summary>The same in the place of <paramref name="before"/>, where the field stood before.</summary>
    public void LongText(string name, ref PooledBytes before)
    {
        before.Dispose();
        before = LongText(name);
    }

    /// <summary>The current field's value, base64 in one line or in many.</summary>
    public PooledBytes Base64(string name)
    {
        var text = LongText(name);
        if (System.Buffers.Text.Base64.DecodeFromUtf8InPlace(text.Whole[..text.Length], out var length) != OperationStatus.Done)
        {
            text.Dispose();
            throw new WireException(WireFault.Base64, $"{name} of the {_layer} is not base64");
        }
        text.Length = length;
        return text;
    }

    /// <summary>The same in the place of <paramref name="before"/>, where the field stood before.</summary>
    public void Base64(string name, ref PooledBytes before)
    {
        before.Dispose();
        before = Base64(name);
    }

    /// <summary>The current field's value, a list; each element as the JSON that it was.</summary>
    public List<string> RawElements(string name)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartArray)
            throw Unexpected(name, "a list");
        var elements = new List<string>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
        {
            using var element = JsonDocument.ParseValue(ref _reader);
            elements.Add(element.RootElement.GetRawText());
        }
        return elements;
    }

    /// <summary>The current field's value, a list of texts.</summary>
    public List<string> Texts(string name)
    {
        _reader.Read();
        if (_reader.TokenType != JsonTokenType.StartArray)
            throw Unexpected(name, "a list of strings");
        var texts = new List<string>();
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndArray)
            texts.Add(_reader.TokenType == JsonTokenType.String ? _reader.GetString()! : throw Unexpected(name, "a list of strings"));
        return texts;
    }

    /// <summary>Makes sure of the layer's protocol and that nothing follows its object. A recorded transport may end in a line break.</summary>
    public void End(string protocol)
    {
        while (_reader.Read())
        {
        }
        if (_protocol != protocol)
        {
            throw new WireException(
                WireFault.Protocol, $"the {_layer} has {(_protocol is null ? "no protocol" : $"protocol \"{_protocol}\"")}, expected \"{protocol}\"");
        }
    }

    private readonly WireException Unexpected(string name, string expected) =>
        new(WireFault.Field, $"{name} of the {_layer} is not {expected}");
}
