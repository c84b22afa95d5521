using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// A name of the form <c>TYPE[title]</c>, as applications, components and capabilities have. It is split at its first
/// <c>[</c> and its last <c>]</c>, because a title may hold anything.
/// </summary>
public static class Reference
{
    /// <summary>No reference is longer: messages and plans repeat names, and must not grow beyond all bounds by it.</summary>
    public const int MaxLength = YamlTokens.LongestReference;

    /// <summary>True where the text is a reference: a type without white space, and a title that is not empty.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
            return false;

        var open = text.IndexOf('[');
        if (open <= 0 || text[^1] != ']' || open >= text.Length - 2)
            return false;

        foreach (var c in text[..open])
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
                return false;
        }

        return true;
    }
}
