using Orchestrator.Messages;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Puppet.Databases;

/// <summary>Which of PuppetDB's nodes are in the site: the active ones with a catalog of the environment, or those of them that a query gives.</summary>
internal sealed class ChosenNodes
{
    private readonly IReadOnlyList<DatabaseNode> _all;
    private readonly string _environment;
    private readonly IReadOnlySet<string>? _query;
    private readonly HashSet<string> _environments;                 // of the site's nodes

    /// <param name="environment">The one that is asked for.</param>
    /// <param name="query">The nodes of a query; null where there is none.</param>
    public ChosenNodes(IReadOnlyList<DatabaseNode> all, string environment, Mapping mapping, IReadOnlySet<string>? query)
    {
        (_all, _environment, _query) = (all, environment, query);
        Known = all.ToDictionary(n => n.Name, StringComparer.Ordinal);
        Nodes =
        [
            .. all.Where(n => n.IsActive && n.Environment is { } own && (own == environment || mapping.Environments.Any(e => e.Matches(own)))
                && query?.Contains(n.Name) != false).OrderBy(n => n.Name, StringComparer.Ordinal),
        ];
        _environments = Nodes.Select(n => n.Environment!).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>All nodes that PuppetDB told of.</summary>
    public IReadOnlyDictionary<string, DatabaseNode> Known { get; }

    /// <summary>Those of the site, in ordinal order.</summary>
    public ImmutableArray<DatabaseNode> Nodes { get; }

    /// <summary>Why there is nothing to plan; null where there are nodes.</summary>
    public SiteProblem? Problem()
    {
        if (!Nodes.IsEmpty)
            return null;
        if (_query is { Count: 0 })
            return Empty("the query gives no nodes: check it, and that it asks for nodes that are active");
        var environments = _all.Where(n => n.IsActive).Select(n => n.Environment).OfType<string>().Distinct().Order(StringComparer.Ordinal).ToList();
        if (_query is not null && environments.Contains(_environment))
        {
            return Empty($"the query gives no active node of the environment {Phrases.Quote(_environment)}, but "
                + Phrases.Some([.. _query.Order(StringComparer.Ordinal).Select(n => $"{n} ({WhyLeft(n)})")]));
        }
        return Empty(environments.Count == 0
            ? "PuppetDB has no active node with a catalog: run Puppet on the nodes first, and check that Puppet Server stores catalogs there"
            : $"PuppetDB has no active node with a catalog of the environment {Phrases.Quote(_environment)}; it has some of {Phrases.Some(environments, 10)}"
                + (Nearest.Of(_environment, environments) is { } near ? $"; did you mean {near}?" : ""));
    }

    /// <summary>What is odd about nodes.</summary>
    public IEnumerable<PlanWarning> Warnings()
    {
        if (_query is not null)
        {
            var left = _query.Except(Nodes.Select(n => n.Name)).Order(StringComparer.Ordinal).ToList();
            if (left.Count > 0)
            {
                yield return new PlanWarning(
                    PlanWarningKinds.NodeLeftOut,
                    $"{Phrases.Count(left.Count, "node")} of the query {Phrases.Agree(left.Count, "is", "are")} not in the plan: "
                    + Phrases.Some([.. left.Select(n => $"{n} ({WhyLeft(n)})")], 10),
                    left);
            }
        }
        var without = _all.Where(n => n.IsActive && n.CatalogAt is null && _query?.Contains(n.Name) != false).Select(n => n.Name)
            .Order(StringComparer.Ordinal).ToList();
        if (without.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.NoCatalog,
                $"{Phrases.Count(without.Count, "node")} never got a catalog and {Phrases.Agree(without.Count, "is", "are")} not in the plan, because nobody "
                + $"knows {Phrases.Agree(without.Count, "its", "their")} environment: {Phrases.Some(without, 10)}; see why Puppet fails there, and run it",
                without);
        }
        var stale = Nodes.Where(n => n.IsStale).ToList();
        if (stale.Count > 0)
        {
            yield return new PlanWarning(
                PlanWarningKinds.StaleCatalog,
                $"the newest run of {Phrases.Count(stale.Count, "node")} failed or used an old catalog, so that the order goes by catalogs from before: "
                + Phrases.Some([.. stale.Select(Stale)], 10),
                [.. stale.Select(n => n.Name)]);
        }
    }

    /// <summary>Why a node is not in the site.</summary>
    public string WhyLeft(string node) => Known.GetValueOrDefault(node) switch
    {
        null => "not known or not active",
        { IsActive: false } => "deactivated or expired",
        { Environment: null } => "without a catalog",
        { Environment: var environment } when !_environments.Contains(environment) => $"environment {environment}",
        _ => "not in the query",
    };

    private static string Stale(DatabaseNode node) =>
        node.CachedCatalog == "explicitly_requested" ? $"{node.Name} (asked to use its cached catalog)"
        : node is { CatalogAt: { } catalog, ReportAt: { } report } ? $"{node.Name} (catalog of {Phrases.Time(catalog)}, run of {Phrases.Time(report)})"
        : node.Name;

    private static SiteProblem Empty(string message) => new(SiteProblemKinds.EmptySite, message, [], [], []);
}
