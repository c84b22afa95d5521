using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Protocol;

/// <summary>
/// Reads the fields of one reply and remembers the first that is not what it should be. A field that is missing or null reads as null and is no problem
/// unless it is required; a default <see cref="JsonElement"/> has no fields.
/// </summary>
internal ref struct ReplyFields
{
    private const int LongestQuote = 40;

    /// <summary>What was expected where, and what stood there; null while all is well.</summary>
    public string? Problem { get; private set; }

    public int? Code(JsonElement body)
    {
        if (TryGet(body, "statuscode", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var code))
            return code;
        Expected("statuscode", "a whole number", value);
        return null;
    }

    /// <summary>An object inside <paramref name="parent"/>.</summary>
    public JsonElement? Part(JsonElement parent, string path, string name, bool isRequired = false)
    {
        if (!TryGet(parent, name, out var value) && !isRequired)
            return null;
        if (value.ValueKind == JsonValueKind.Object)
            return value;
        Expected(path, name, "an object", value);
        return null;
    }

    public bool? Flag(JsonElement parent, string path, string name, bool isRequired = false)
    {
        if (!TryGet(parent, name, out var value) && !isRequired)
            return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.ValueKind == JsonValueKind.True;
        Expected(path, name, "true or false", value);
        return null;
    }

    /// <summary>A point in time, epoch seconds, whole or not, from 1970 to 9999, so that whoever shows it can. What counts in other units is none.</summary>
    public double? Time(JsonElement parent, string path, string name, bool isRequired = false) =>
        Seconds(parent, path, name, isRequired, least: 0, end: 253_402_300_800);

    /// <summary>A length in seconds, whole or not; below 0 where the clock was set back meanwhile.</summary>
    public double? Length(JsonElement parent, string path, string name) =>
        Seconds(parent, path, name, isRequired: false, double.MinValue, double.PositiveInfinity);

    /// <summary>A count: a whole number from 0 on, however it is written (<c>3</c>, <c>3.0</c>).</summary>
    public int? Count(JsonElement parent, string path, string name)
    {
        if (!TryGet(parent, name, out var value))
            return null;
        if (Number(value) is { } number and >= 0 and <= int.MaxValue && double.IsInteger(number))
            return (int)number;
        Expected(path, name, "a whole number (0 or more)", value);
        return null;
    }

    public string? Text(JsonElement parent, string path, string name)
    {
        if (!TryGet(parent, name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return Decoded(value);
        Expected(path, name, "a string", value);
        return null;
    }

    /// <summary>A text that is mostly one of a few, which are not copied anew for each line of a log; empty where it is missing.</summary>
    public string Word(JsonElement parent, string path, string name)
    {
        if (TryGet(parent, name, out var value) && value.ValueKind == JsonValueKind.String)
        {
            foreach (var word in CommonWords)
            {
                if (value.ValueEquals(word))
                    return word;
            }
        }
        return Text(parent, path, name) ?? "";
    }

    /// <summary>A version: a text, or a number as it is written.</summary>
    public string? Version(JsonElement parent, string path, string name) =>
        TryGet(parent, name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetRawText() : Text(parent, path, name);

    /// <summary>A number where there is one; words such as "Unknown" say that there is none.</summary>
    public static double? NumberOrNothing(JsonElement parent, string name) => TryGet(parent, name, out var value) ? Number(value) : null;

    /// <summary>False where the field is missing or null.</summary>
    public static bool TryGet(JsonElement parent, string name, out JsonElement value)
    {
        value = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Remembers a problem, unless there is one already.</summary>
    public void Expected(string place, string what, JsonElement found) => Problem ??= $"{place}: expected {what}, found {Quote(found)}";

    /// <summary>Names the place of a problem more closely: the line of a list, once it is known that there is something to say about it.</summary>
    public void Specify(string place, string closer) => Problem = Problem?.Replace(place, closer, StringComparison.Ordinal);

    private double? Seconds(JsonElement parent, string path, string name, bool isRequired, double least, double end)
    {
        if (!TryGet(parent, name, out var value) && !isRequired)
            return null;
        if (Number(value) is { } seconds && seconds >= least && seconds < end)
            return seconds;
        Expected(path, name, "a number of seconds", value);
        return null;
    }

    private void Expected(string path, string name, string what, JsonElement found) => Expected(path.Length == 0 ? name : $"{path}.{name}", what, found);

    private static readonly string[] CommonWords = ["Puppet", "Facter", "notice", "info", "err", "warning", "debug"];

    private static double? Number(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    private static string Quote(JsonElement found) => found.ValueKind switch
    {
        JsonValueKind.Undefined => "nothing",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        _ => OutsideText.Shorten(found.GetRawText(), LongestQuote),
    };

    /// <summary>A text with bytes or escapes that are no characters is read with marks in their place: one odd character in a log hides no run.</summary>
    private static string Decoded(JsonElement text)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(text)[1..^1]);
        }
    }
}
