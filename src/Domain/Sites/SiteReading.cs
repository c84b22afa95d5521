using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// What came of reading a document. With problems the site, where there is one, is what could be read around them:
/// it cannot be run, but its own problems can be told with the others.
/// </summary>
/// <param name="Site">The site; null where nothing of the document can be used.</param>
/// <param name="Problems">What is wrong with the document, in its order; empty for a good one.</param>
public sealed record SiteReading(Site? Site, ImmutableArray<SiteProblem> Problems)
{
    /// <summary>Reads where the parts of the document stand; null where that cannot be.</summary>
    internal Func<SitePlaces>? Places { get; init; }
}
