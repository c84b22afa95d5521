using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>How many nodes of a deployment may fail, be refused or stay unreachable: a count, <c>3</c>, or a share, <c>5%</c>, rounded down.</summary>
[JsonConverter(typeof(FailureBudgetConverter))]
public sealed record FailureBudget
{
    private readonly int _number;
    private readonly bool _isPercent;

    private FailureBudget(int number, bool isPercent) => (_number, _isPercent) = (number, isPercent);
    public static FailureBudget None { get; } = new(0, false);

    public static bool TryParse(string text, [NotNullWhen(true)] out FailureBudget? budget, [NotNullWhen(false)] out string? problem)
    {
        var trimmed = text.Trim();
        var isPercent = trimmed.EndsWith('%');
        if (!int.TryParse(isPercent ? trimmed[..^1] : trimmed, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || (isPercent && number > 100))
        {
            budget = null;
            problem = $"\"{trimmed}\" is neither a number of nodes nor a percentage from 0% to 100%; for example 3 or 5%";
            return false;
        }
        budget = new FailureBudget(number, isPercent);
        problem = null;
        return true;
    }

    /// <summary>How many of <paramref name="nodeCount"/> nodes may fail.</summary>
    public int Of(int nodeCount) => _isPercent ? (int)((long)nodeCount * _number / 100) : _number;

    public override string ToString() => _isPercent ? $"{_number}%" : $"{_number}";
}

/// <summary>Writes a failure budget as a person writes it.</summary>
public sealed class FailureBudgetConverter : JsonConverter<FailureBudget>
{
    public override FailureBudget Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        FailureBudget.TryParse(reader.GetString() ?? "", out var budget, out var problem) ? budget : throw new JsonException(problem);

    public override void Write(Utf8JsonWriter writer, FailureBudget value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
