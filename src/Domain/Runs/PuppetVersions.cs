using System.Globalization;

namespace Orchestrator.Domain.Runs;

/// <summary>What a Puppet version, as <c>version.puppet</c> of a summary or a scenario gives it, is known to do.</summary>
public static class PuppetVersions
{
    /// <summary>
    /// True from Puppet 5.5 on: <c>time.total</c> reaches back to the run's begin, and <c>time.catalog_application</c> is missing only where the
    /// apply broke off. An unknown version is taken for an older one.
    /// </summary>
    public static bool TimesTellTheRun(string? version) => IsAtLeast(version, 5, 5);

    /// <summary>Compares the first two numbers of a version; false where it has none.</summary>
    public static bool IsAtLeast(string? version, int major, int minor)
    {
        var parts = (version ?? "").Split('.');
        return parts.Length >= 2 && Number(parts[0]) is { } first && Number(parts[1]) is { } second && (first, second).CompareTo((major, minor)) >= 0;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
