namespace Orchestrator.Domain.Sites;

/// <summary>Where a site comes from, which decides what a person can do about its problems.</summary>
public enum SiteOrigin
{
    /// <summary>Somebody declared what is produced and consumed.</summary>
    Declared = 0,

    /// <summary>It was told from exported and collected resources in the catalogs of nodes.</summary>
    Catalogs,
}
