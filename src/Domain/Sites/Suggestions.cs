using Orchestrator.Messages;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Suggests names out of a site. Each suggestion looks at all candidates, so the larger the site the fewer are given, but
/// three at least: whoever misspells hundreds of names has made one mistake, not hundreds.
/// </summary>
internal sealed class Suggestions(Func<IEnumerable<string>> candidates)
{
    private const int MostComparisons = 200_000;
    private const int Least = 3;

    private int _given;
    private string[]? _candidates;

    /// <summary>
    /// <c>; did you mean Sql[app1]?</c>, or that one looks the same and is not; nothing where no name is near or enough suggestions were given.
    /// </summary>
    public string For(string name)
    {
        _candidates ??= [.. candidates()];
        var most = Math.Max(Least, MostComparisons / Math.Max(1, _candidates.Length));
        if (_given < most && Array.Find(_candidates, c => UnicodeForms.LookAlike(name, c)) is { } twin)
        {
            _given++;
            return $"; {twin} looks the same, but accented letters are other Unicode characters there (one for the letter and its accent, or two): "
                + "write both in one way";
        }

        return _given++ < most && Nearest.Of(name, _candidates) is { } near ? $"; did you mean {near}?" : "";
    }
}
