using Orchestrator.Messages;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Runs;

/// <summary>What a line of a run's log says about the run.</summary>
public enum LogMeaning
{
    /// <summary>Nothing that a proof needs.</summary>
    Nothing = 0,

    /// <summary>The catalog was applied to its end.</summary>
    CatalogApplied,

    /// <summary>The server gave no catalog; a cached one may have stood in.</summary>
    ServerGaveNoCatalog,

    /// <summary>No catalog came, and the run was skipped.</summary>
    NoCatalog,

    CachedCatalog,

    /// <summary>The apply broke off.</summary>
    ApplyFailed,

    /// <summary>Additional resources (recursive files, purging) could not be generated.</summary>
    GenerateFailed,

    /// <summary>The command before the run failed: Puppet asks for no catalog then.</summary>
    PrerunFailed,

    /// <summary>The command after the run failed.</summary>
    PostrunFailed,

    /// <summary>The server chose another environment than the agent asked for.</summary>
    OtherEnvironment,

    /// <summary>The server does not have the environment that the agent asked for.</summary>
    NoSuchEnvironment,

    /// <summary>A signal ended the agent.</summary>
    Signalled,

    /// <summary><c>runtimeout</c> ended the run.</summary>
    TimedOut,

    /// <summary>The resource was skipped because one that it depends on failed.</summary>
    DependencyFailed,
}

/// <summary>
/// The texts of Puppet 5.5 to 8 that proofs need, in one table: seen in the recordings of tests/fixtures/wire and read in Puppet's source
/// (<c>configurer.rb</c>, <c>transaction/additional_resource_generator.rb</c>). They are matched as prefixes, ordinally, at any level, and only where
/// Puppet itself is the source: a resource may print anything. Levels decide nothing, because Facter writes errors into the logs of good runs.
/// </summary>
public static class RunLog
{
    private const string Puppet = "Puppet";
    private const string Facter = "Facter";
    private const string ServerSpecified = " doesn't match server specified ";

    /// <summary>A text's begin and, where a name stands in its middle, what must follow that name.</summary>
    private sealed record Known(string Prefix, LogMeaning Meaning, string? Within = null);

    private static readonly ImmutableArray<Known> OfPuppet =
    [
        new("Applied catalog in ", LogMeaning.CatalogApplied),
        new("Could not retrieve catalog from remote server: ", LogMeaning.ServerGaveNoCatalog),
        // from 7 on the cached catalog is then taken unasked
        new("Could not select a functional puppet server from server_list: ", LogMeaning.ServerGaveNoCatalog),
        new("Could not retrieve catalog; skipping run", LogMeaning.NoCatalog),
        new("Not using cache on failed catalog", LogMeaning.NoCatalog),
        new("Could not retrieve catalog from cache: ", LogMeaning.NoCatalog),
        new("Catalog environment didn't stabilize after ", LogMeaning.NoCatalog),
        new("Using cached catalog from environment ", LogMeaning.CachedCatalog), // not "Caching catalog for ": that stands in every good run
        new("Failed to apply catalog: ", LogMeaning.ApplyFailed),
        new("Could not run command from prerun_command: ", LogMeaning.PrerunFailed),
        new("Could not run command from postrun_command: ", LogMeaning.PostrunFailed),
        new("Local environment: ", LogMeaning.OtherEnvironment, ServerSpecified),
        new("Environment ", LogMeaning.NoSuchEnvironment, " not found on server"), // from Puppet 6 on
        new("Caught ", LogMeaning.Signalled, "; exiting"),
        new("Execution of ", LogMeaning.TimedOut, " did not complete within "),
    ];

    /// <summary>These have the resource as their source and the level err, or warning where a resource is skipped.</summary>
    private static readonly ImmutableArray<Known> OfResources =
    [
        new("Skipping because of failed dependencies", LogMeaning.DependencyFailed),
        new("change from ", LogMeaning.TimedOut, " failed: execution expired"),
        new("Failed to generate additional resources using 'generate': ", LogMeaning.GenerateFailed),
        new("Failed to generate additional resources using 'eval_generate': ", LogMeaning.GenerateFailed),
    ];

    public static LogMeaning MeaningOf(LogLine line)
    {
        if (line.Source == Puppet)
            return Find(OfPuppet, line.Message);
        return IsOfResource(line) && line.Level is "err" or "warning" ? Find(OfResources, line.Message) : LogMeaning.Nothing;
    }

    /// <summary>True where a resource speaks: its reference, <c>Type[title]</c>, is the source.</summary>
    public static bool IsOfResource(LogLine line) => line.Source.Contains('[', StringComparison.Ordinal);

    /// <summary>True where Puppet or a resource speaks: then an error is the run's own.</summary>
    public static bool IsOfRun(LogLine line) => line.Source == Puppet || IsOfResource(line);

    /// <summary>True for a line that a person should see among the errors: of level err or above, and not Facter's, who writes them in good runs too.</summary>
    public static bool IsError(LogLine line) => line.Level is "err" or "alert" or "emerg" or "crit" && line.Source != Facter;

    /// <summary>
    /// The environment that the server chose: the quoted name after <c>Local environment: 'a' doesn't match server specified environment</c> (older
    /// agents say <c>node environment</c> and use double quotes); null where the line does not say it.
    /// </summary>
    public static string? ChosenEnvironment(LogLine line)
    {
        var told = line.Message.IndexOf(ServerSpecified, StringComparison.Ordinal);
        var open = told < 0 ? -1 : line.Message.AsSpan(told + ServerSpecified.Length).IndexOfAny('\'', '"') + told + ServerSpecified.Length;
        var close = told < 0 || open < told + ServerSpecified.Length ? -1 : line.Message.IndexOf(line.Message[open], open + 1);
        return close < 0 ? null : line.Message[(open + 1)..close];
    }

    /// <summary>A line for people: the text, led by the resource that spoke unless the text names it, cut in its middle where it is longer.</summary>
    public static string Describe(LogLine line, int longest = OutsideText.MostOfANode)
    {
        var resource = IsOfResource(line) ? Reference(line.Source) : "";
        var text = resource.Length == 0 || line.Message.Contains(resource, StringComparison.Ordinal) ? line.Message : $"{resource}: {line.Message}";
        return OutsideText.Middle(text, longest);
    }

    /// <summary>The innermost reference of a source such as <c>/Stage[main]/Web/File[/srv/[a]]/ensure</c>; the whole source where none is found.</summary>
    private static string Reference(string source)
    {
        var end = source.LastIndexOf(']');
        var depth = 0;
        for (var at = end; at >= 0; at--)
        {
            depth += source[at] switch { ']' => 1, '[' => -1, _ => 0 };
            if (depth == 0)
                return source[(source.LastIndexOf('/', at) + 1)..(end + 1)];
        }
        return source;
    }

    private static LogMeaning Find(ImmutableArray<Known> texts, string message)
    {
        foreach (var known in texts)
        {
            if (message.StartsWith(known.Prefix, StringComparison.Ordinal)
                && (known.Within is null || message.Contains(known.Within, StringComparison.Ordinal)))
            {
                return known.Meaning;
            }
        }
        return LogMeaning.Nothing;
    }
}
