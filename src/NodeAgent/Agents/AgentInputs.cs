using System.Text.Json;

namespace Orchestrator.NodeAgent.Agents;

/// <summary>Checks the inputs of a call as the agent's interface declares them; throws <see cref="RefusedInputException"/> in its words.</summary>
internal readonly ref struct AgentInputs(JsonElement data)
{
    private static readonly string[] Unsafe = ["`", "$", ";", "|", "&&", ">", "<"];

    public bool? Flag(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refuse(name, "value should be a boolean"),
    };

    public int? Number(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= 0 => number,
        { ValueKind: JsonValueKind.Number } value => throw new RefusedInputException($"Invalid {name} '{value.GetRawText()}' specified"),
        _ => throw Refuse(name, "value should be a number"),
    };

    /// <summary>A text that a shell could not misread.</summary>
    public string? Text(string name, int longest)
    {
        if (Find(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.String) throw Refuse(name, "value should be a string");
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Refuse(name, "value should be a string");
        }
        if (text.EnumerateRunes().Count() > longest) throw Refuse(name, $"Input string is longer than {longest} character(s)");
        foreach (var bad in Unsafe)
        {
            if (text.Contains(bad, StringComparison.Ordinal)) throw Refuse(name, $"value should not have {bad} in it");
        }
        return text;
    }

    /// <summary>A name as Puppet's variables have: letters, digits and underscores; a single one is a letter.</summary>
    public string? Variable(string name, int longest)
    {
        var text = Text(name, longest);
        if (text is not null && !IsVariable(text)) throw Refuse(name, $"Invalid variable name '{text}' specified");
        return text;
    }

    /// <summary>Variables with commas and double colons between.</summary>
    public string? Tags(string name, int longest)
    {
        var text = Text(name, longest);
        if (text is null) return null;
        foreach (var part in text.Split([",", "::"], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!IsVariable(part)) throw Refuse(name, $"Invalid variable name '{part}' specified");
        }
        return text;
    }

    private static bool IsVariable(string text) =>
        text.Length == 1 ? char.IsAsciiLetter(text[0]) : text.Length > 1 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private JsonElement? Find(string name) => data.ValueKind == JsonValueKind.Object && data.TryGetProperty(name, out var value) ? value : null;

    private static RefusedInputException Refuse(string name, string why) => new($"Cannot validate input {name}: {why}");
}

/// <summary>An input that the agent's interface refuses.</summary>
internal sealed class RefusedInputException(string message) : Exception(message);
