using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Web.Deployments;

/// <summary>Which deployments a window lists, as its address says it.</summary>
/// <param name="State">The word of a state, or <see cref="NeedsPerson"/>; null for all.</param>
/// <param name="Application">A name or pattern of an application; null for any.</param>
/// <param name="Since">How long ago they were started at most, such as <c>24h</c>; null for whenever.</param>
/// <param name="Before">Only older ones than this; null for the newest.</param>
public sealed record DeploymentQuery(string? State, string? Environment, string? Application, string? By, string? Since, string? Before)
{
    /// <summary>Those that need a person.</summary>
    public const string NeedsPerson = "needs-action";

    /// <summary>How far back one may look, and what it is called.</summary>
    public static ImmutableArray<(string Word, TimeSpan Age, string Name)> Ages { get; } =
    [
        ("1h", TimeSpan.FromHours(1), "last hour"), ("24h", TimeSpan.FromHours(24), "last 24 hours"), ("7d", TimeSpan.FromDays(7), "last 7 days"),
        ("30d", TimeSpan.FromDays(30), "last 30 days"),
    ];

    /// <summary>Whether it leaves nothing out that the newest deployments have.</summary>
    public bool IsAll => this is { State: null, Environment: null, Application: null, By: null, Since: null, Before: null };

    /// <summary>What the host is asked for.</summary>
    public DeploymentFilter FilterAt(DateTimeOffset now) => new(
        PhaseOf(State) is { } phase ? [phase] : [], Environment,
        Ages.FirstOrDefault(a => a.Word == Since) is { Age: var age } && age > TimeSpan.Zero ? now - age : null, By);

    /// <summary>What the host cannot be asked for.</summary>
    public bool Shows(DeploymentLine line) =>
        (State != NeedsPerson || line.NeedsPerson())
        && (Application is not { } asked || line.Applications?.Any(name => IsAskedFor(asked, name)) == true);

    /// <summary>The address of the list with these.</summary>
    public string Address()
    {
        var parts = new (string Key, string? Value)[]
        {
            ("state", State), ("environment", Environment), ("application", Application), ("by", By), ("since", Since), ("before", Before),
        };
        var query = string.Join('&', parts.Where(p => p.Value is not null).Select(p => $"{p.Key}={Uri.EscapeDataString(p.Value!)}"));
        return query.Length == 0 ? "/" : $"/?{query}";
    }

    public static DeploymentQuery Of(string? state, string? environment, string? application, string? by, string? since, string? before)
    {
        return new(
            Given(state) is { } word && (word == NeedsPerson || PhaseOf(word) is not null) ? word : null, Given(environment), Given(application), Given(by),
            Given(since) is { } age && Ages.Any(a => a.Word == age) ? age : null, Given(before));

        static string? Given(string? text) => string.IsNullOrWhiteSpace(text) || text.Any(char.IsControl) ? null : text.Trim();
    }

    private static bool IsAskedFor(string application, string name) =>
        NamePattern.Matches(application, name) || name.StartsWith($"{application}[", StringComparison.Ordinal);

    private static DeploymentPhase? PhaseOf(string? word) =>
        Phases.FirstOrDefault(p => WordOf(p) == word) is not DeploymentPhase.Unknown and var phase ? phase : null;

    public static IEnumerable<DeploymentPhase> Phases => Enum.GetValues<DeploymentPhase>().Where(p => p != DeploymentPhase.Unknown);

    /// <summary>As it stands in the address.</summary>
    public static string WordOf(DeploymentPhase phase) => phase.Word().Replace(' ', '-');
}
