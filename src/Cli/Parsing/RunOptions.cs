using System.CommandLine;
using System.Text.Json;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Parsing;

/// <summary>The options of <c>run</c> that say how a deployment is carried out.</summary>
internal sealed class RunOptions
{
    private static readonly DeploymentOptions Defaults = new();

    private readonly Option<string?> _description =
        Choices.Value("--description", "TEXT", "what it is for; shown by list, show and events, and on held nodes as far as it fits");
    private readonly Option<bool> _noop = Choices.Flag("--noop", "only report what would change");
    private readonly Option<bool> _overrideNoop = Choices.Flag(
        "--override-noop", "run nodes for real even if their own configuration says noop (sends noop=false); without it such a node fails as a noop run");

    private readonly Option<string?> _runEnvironment =
        Choices.Value("--run-environment", "ENV", "the Puppet environment of the runs [default: each node's own]");
    private readonly Option<string[]> _tags = Choices.List("--tags", "A,B", "apply only resources with one of these Puppet tags; may be repeated");
    private readonly Option<string?> _strategy = Choices.Value(
        "--strategy", "groups|eager",
        "groups: a group starts when the one before it is done; eager: a node starts as soon as all its dependencies have succeeded [default: groups]");

    private readonly Option<string?> _batch = Choices.Value(
        "--batch", "SIZES", "how many nodes of a group run at once: a size, a percentage, or a growing list such as 1,5,50% [default: the whole group]");
    private readonly Option<string?> _soak = Choices.Value("--soak", "TIME", "how long to wait after each batch before the next one starts");
    private readonly Option<string?> _spread =
        Choices.Value("--spread", "KEY", "never put nodes with different values of this label, such as rack, into one batch");
    private readonly Option<string?> _maxRunning = Choices.Value(
        "--max-running", "N",
        "run Puppet on at most N nodes of the fleet at once, across all deployments [default: the fleet's max-running in the configuration]");
    private readonly Option<bool> _approveGroups = Choices.Flag("--approve-groups", "each group after the first waits for orchestrator approve");
    private readonly Option<string?> _approveTimeout =
        Choices.Value("--approve-timeout", "TIME", "cancel the deployment if a group is not approved within this time [default: wait forever]");

    private readonly Option<bool> _approverDiffers =
        Choices.Flag("--approver-differs", "groups must be approved by another person than the one who started the deployment or its attempt");

    private readonly Option<string?> _maxFailures = Choices.Value(
        "--max-failures", "N|P%",
        "how many nodes, or what percentage of them, may fail, be refused or be unreachable before the deployment stops [default: 0]");

    private readonly Option<string?> _maxFailuresPerGroup = Choices.Value(
        "--max-failures-per-group", "N|P%",
        "the same for the nodes of each group, beside --max-failures, which counts the whole deployment [default: no limit]");

    private readonly Option<string?> _retries = Choices.Value(
        "--retries", "N",
        "start up to N further attempts automatically for nodes that were unreachable, were displaced by other runs or got no catalog, never for failed "
            + "resources; none once nodes have been held for --max-hold [default: 0]");

    private readonly Option<string?> _retryWait = Choices.Value("--retry-wait", "TIME", "how long to wait before each of these attempts [default: 30s]");

    private readonly Option<string?> _onFailure = Choices.Value(
        "--on-failure", "POLICY",
        "what happens to the nodes on failure: freeze keeps all disabled for inspection; release enables them again, and each node's own Puppet applies "
            + "what the server serves, in no particular order; "
        + "rollback reruns those that ran, last group first, and keeps them disabled [default: freeze; with --noop: release]");

    private readonly Option<string?> _rollbackEnvironment = Choices.Value(
        "--rollback-environment", "ENV", "the Puppet environment of rollback runs; without --on-failure rollback, for orchestrator rollback later");

    private readonly Option<string?> _maxHold =
        Choices.Value("--max-hold", "TIME", "report that action is needed if nodes are held longer than this [default: 4h]");
    private readonly Option<string[]> _unsignalled = Choices.List(
        "--unsignalled", "PATTERN", "nodes (* and ? as wildcards) whose Puppet daemon is not signalled for a run and so accepts all options; may be repeated");

    private readonly Option<bool> _allowCachedCatalog =
        Choices.Flag("--allow-cached-catalog", "let a run that applied a cached catalog succeed: it may have applied an old state of the site");

    private readonly Option<bool> _acceptWithoutLog = Choices.Flag(
        "--accept-without-log", "let a run succeed without its log: a fallback to a cached catalog then goes unnoticed, and old code may count as deployed");

    private readonly Option<string?> _rpcTimeout = Choices.Value("--rpc-timeout", "TIME", "how long a node may take to answer one request [default: 10s]");
    private readonly Option<string?> _startTimeout = Choices.Value("--start-timeout", "TIME", "how long a run may take to start [default: 120s]");
    private readonly Option<string?> _runTimeout = Choices.Value("--run-timeout", "TIME", "how long a run may take to finish [default: 60m]");
    private readonly Option<string?> _idleTimeout = Choices.Value("--idle-timeout", "TIME", "how long a node may take to become idle [default: 10m]");

    private readonly Option<string?> _settle = Choices.Value(
        "--settle", "TIME",
        "the minimum time a node stays disabled before its run, so that agents launched earlier find the lock and exit; 0 for no wait [default: 1.5s]");

    public void AddTo(Command command)
    {
        _onFailure.CompletionSources.Add("freeze", "release", "rollback");
        _strategy.CompletionSources.Add("groups", "eager");
        Option[] options =
        [
            _description, _noop, _overrideNoop, _runEnvironment, _tags, _strategy, _batch, _soak, _spread, _maxRunning, _approveGroups, _approveTimeout,
            _approverDiffers,
            _maxFailures, _maxFailuresPerGroup, _retries, _retryWait,
            _onFailure, _rollbackEnvironment, _maxHold, _unsignalled, _allowCachedCatalog, _acceptWithoutLog,
            _rpcTimeout, _startTimeout, _runTimeout, _idleTimeout, _settle,
        ];
        foreach (var option in options)
            command.Add(option);
    }

    /// <summary>What the person chose; a value that will not do, or that contradicts another, ends the command as usage.</summary>
    public DeploymentOptions Read(ParseResult parsed)
    {
        var noop = parsed.GetValue(_noop);
        var options = new DeploymentOptions
        {
            Description = Choices.ReadText(parsed, _description),
            Noop = noop,
            OverrideNoop = parsed.GetValue(_overrideNoop),
            RunEnvironment = Choices.ReadText(parsed, _runEnvironment),
            Tags = ReadTags(parsed),
            Strategy = Choices.ReadWord(parsed, _strategy, "groups", "eager") == "eager" ? Strategy.Eager : Strategy.Groups,
            Batch = Choices.ReadBatch(parsed, _batch),
            Soak = Choices.ReadTime(parsed, _soak, Defaults.Soak),
            Spread = Choices.ReadText(parsed, _spread),
            MaxRunning = Choices.ReadNumber(parsed, _maxRunning, "a number of nodes"),
            ApproveGroups = parsed.GetValue(_approveGroups),
            ApprovalTimeout = parsed.GetValue(_approveTimeout) is null ? null : Choices.ReadTime(parsed, _approveTimeout, default),
            ApproverDiffers = parsed.GetValue(_approverDiffers),
            MaxFailures = ReadBudget(parsed, _maxFailures) ?? Defaults.MaxFailures,
            MaxFailuresPerGroup = ReadBudget(parsed, _maxFailuresPerGroup),
            Retries = ReadRetries(parsed),
            RetryWait = parsed.GetValue(_retryWait) is null ? null : Choices.ReadTime(parsed, _retryWait, default),
            OnFailure = Choices.ReadWord(parsed, _onFailure, "freeze", "release", "rollback") switch
            {
                "rollback" => OnFailure.Rollback,
                "release" => OnFailure.Release,
                "freeze" => OnFailure.Freeze,
                _ => noop ? OnFailure.Release : OnFailure.Freeze,
            },
            RollbackEnvironment = Choices.ReadText(parsed, _rollbackEnvironment),
            MaxHold = Choices.ReadTime(parsed, _maxHold, Defaults.MaxHold),
            Unsignalled = Choices.ReadList(parsed, _unsignalled),
            AllowCachedCatalog = parsed.GetValue(_allowCachedCatalog),
            AcceptWithoutLog = parsed.GetValue(_acceptWithoutLog),
            RpcTimeout = Choices.ReadTime(parsed, _rpcTimeout, Defaults.RpcTimeout),
            StartTimeout = Choices.ReadTime(parsed, _startTimeout, Defaults.StartTimeout),
            RunTimeout = Choices.ReadTime(parsed, _runTimeout, Defaults.RunTimeout),
            IdleTimeout = Choices.ReadTime(parsed, _idleTimeout, Defaults.IdleTimeout),
            Settle = Choices.ReadTime(parsed, _settle, Defaults.Settle, orNothing: true),
        };
        return OptionRules.Problem(options, NameOf) is { } problem ? throw Choices.Usage(problem.Sentence) : options;
    }

    /// <summary>What the command line calls a property of <see cref="DeploymentOptions"/>.</summary>
    public static string NameOf(string property) =>
        property == nameof(DeploymentOptions.ApprovalTimeout) ? "--approve-timeout" : $"--{JsonNamingPolicy.KebabCaseLower.ConvertName(property)}";

    private string[]? ReadTags(ParseResult parsed) =>
        Choices.ReadList(parsed, _tags)?.SelectMany(t => t.Split(',', StringSplitOptions.TrimEntries)).Distinct().ToArray();

    private int ReadRetries(ParseResult parsed) => parsed.GetValue(_retries) switch
    {
        null or "0" => 0,
        _ => Choices.ReadNumber(parsed, _retries, "a number of attempts")!.Value,
    };

    private static FailureBudget? ReadBudget(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text => FailureBudget.TryParse(text, out var budget, out var problem) ? budget : throw Choices.Usage($"{option.Name}: {problem}"),
    };
}
