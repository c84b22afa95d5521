using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages;

/// <summary>
/// Writes an enum as the word of its <see cref="JsonStringEnumMemberNameAttribute"/> and reads that word and nothing else: no number, no other
/// spelling, so that nobody is given another value than the one that was meant.
/// </summary>
public sealed class EnumWords<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicFields)] T> : JsonConverter<T> where T : struct, Enum
{
    // Arrays rather than dictionaries: those of each enum would be compiled at every start, which takes longer than looking through a few words.
    private static readonly FieldInfo[] Members = typeof(T).GetFields(BindingFlags.Public | BindingFlags.Static);
    private static readonly T[] Values = Array.ConvertAll(Members, m => (T)m.GetValue(null)!);
    private static readonly string[] Words =
        Array.ConvertAll(Members, m => m.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? m.Name);

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && Array.IndexOf(Words, reader.GetString()) is >= 0 and var index)
            return Values[index];
        throw new JsonException($"it must be one of {string.Join(", ", Words.Select(w => $"\"{w}\""))}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(WordOf(value));

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Read(ref reader, typeToConvert, options);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WritePropertyName(WordOf(value));

    private static string WordOf(T value) => Words[Array.IndexOf(Values, value)];
}
