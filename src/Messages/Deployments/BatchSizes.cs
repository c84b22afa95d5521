using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>The sizes of a group's batches as a person writes them: <c>50</c>, <c>10%</c> or a growing list <c>1,5,50%</c>, the last one repeated.</summary>
[JsonConverter(typeof(BatchSizesConverter))]
public sealed class BatchSizes : IEquatable<BatchSizes>
{
    private readonly ImmutableArray<(int Number, bool IsPercent)> _sizes;

    private BatchSizes(ImmutableArray<(int, bool)> sizes) => _sizes = sizes;

    public static bool TryParse(string text, [NotNullWhen(true)] out BatchSizes? sizes, [NotNullWhen(false)] out string? problem)
    {
        var list = ImmutableArray.CreateBuilder<(int, bool)>();
        foreach (var part in text.Split(','))
        {
            var trimmed = part.Trim();
            var isPercent = trimmed.EndsWith('%');
            var digits = isPercent ? trimmed[..^1] : trimmed;
            if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1 || (isPercent && number > 100))
            {
                sizes = null;
                problem = $"batch size \"{trimmed}\" is neither a number (1 or more) nor a percentage from 1% to 100%; for example 10, 25% or 1,5,50%";
                return false;
            }
            list.Add((number, isPercent));
        }
        sizes = new BatchSizes(list.ToImmutable());
        problem = null;
        return true;
    }

    /// <summary>How many nodes the batch may hold, at least 1.</summary>
    /// <param name="batch">1 for a group's first batch.</param>
    /// <param name="groupSize">How many nodes the group has; percents are of it, rounded down.</param>
    public int SizeOf(int batch, int groupSize)
    {
        var (number, isPercent) = _sizes[Math.Min(batch, _sizes.Length) - 1];
        return isPercent ? Math.Max(1, (int)((long)groupSize * number / 100)) : number;
    }

    public bool Equals(BatchSizes? other) => other is not null && _sizes.AsSpan().SequenceEqual(other._sizes.AsSpan());

    public override bool Equals(object? obj) => Equals(obj as BatchSizes);

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => string.Join(',', _sizes.Select(s => s.IsPercent ? $"{s.Number}%" : $"{s.Number}"));
}

/// <summary>Writes batch sizes as a person writes them.</summary>
public sealed class BatchSizesConverter : JsonConverter<BatchSizes>
{
    public override BatchSizes Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        BatchSizes.TryParse(reader.GetString() ?? "", out var sizes, out var problem) ? sizes : throw new JsonException(problem);

    public override void Write(Utf8JsonWriter writer, BatchSizes value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
