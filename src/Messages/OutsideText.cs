namespace Orchestrator.Messages;

/// <summary>Text that came from outside, made fit to be kept and passed on. Escaping is left to whoever shows it.</summary>
public static class OutsideText
{
    /// <summary>What stands in the place of what was cut off.</summary>
    public const string Marker = "…";

    /// <summary>The text, cut to at most <paramref name="longest"/> characters, marker included; a pair of surrogates is not torn apart.</summary>
    public static string Shorten(string text, int longest)
    {
        if (text.Length <= longest)
        {
            return text;
        }
        var kept = longest - Marker.Length;
        if (kept > 0 && char.IsHighSurrogate(text[kept - 1]))
        {
            kept--;
        }
        return string.Concat(text.AsSpan(0, Math.Max(kept, 0)), Marker);
    }
}
