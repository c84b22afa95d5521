using System.CommandLine;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>The options of <c>run</c> that say how a deployment is carried out.</summary>
internal sealed class RunOptions
{
    private static readonly DeploymentOptions Defaults = new();

    private readonly Option<string?> _batch = Choices.Value("--batch", "SIZES", "how many nodes of a group run at once: a size, a share, or a growing list such as 1,5,50% [default: the whole group]");
    private readonly Option<bool> _noop = Choices.Flag("--noop", "only report what would change");
    private readonly Option<string?> _runEnvironment = Choices.Value("--run-environment", "ENV", "the Puppet environment of the runs [default: each node's own]");
    private readonly Option<bool> _allowCachedCatalog = Choices.Flag("--allow-cached-catalog", "a run that applied a cached catalog may succeed: then it may have applied an old state of the site");

    private readonly Option<bool> _acceptWithoutLog = Choices.Flag(
        "--accept-without-log", "a run whose log cannot be had may succeed: then a fallback to a cached catalog cannot be seen, and old code may count as deployed");

    private readonly Option<string?> _onFailure = Choices.Value(
        "--on-failure", "freeze|release", "what becomes of the nodes on failure: freeze keeps all disabled for people to look, release enables them again [default: freeze, with --noop release]");

    private readonly Option<string?> _strategy = Choices.Value("--strategy", "groups", "groups: a group begins when the one before has succeeded [default: groups]");
    private readonly Option<string?> _maxFailures = Choices.Value("--max-failures", "N", "how many nodes may fail before the deployment stops; this version knows only 0 [default: 0]");
    private readonly Option<string?> _rpcTimeout = Choices.Value("--rpc-timeout", "TIME", "how long a node may take to answer one request [default: 10s]");
    private readonly Option<string?> _startTimeout = Choices.Value("--start-timeout", "TIME", "how long a run may take to begin [default: 120s]");
    private readonly Option<string?> _runTimeout = Choices.Value("--run-timeout", "TIME", "how long a run may take to end [default: 60m]");
    private readonly Option<string?> _idleTimeout = Choices.Value("--idle-timeout", "TIME", "how long a node may take to become idle [default: 10m]");

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        _onFailure.CompletionSources.Add("freeze", "release");
        _strategy.CompletionSources.Add("groups");
        foreach (var option in new Option[]
                 {
                     _batch, _noop, _runEnvironment, _allowCachedCatalog, _acceptWithoutLog, _onFailure, _strategy, _maxFailures,
                     _rpcTimeout, _startTimeout, _runTimeout, _idleTimeout,
                 })
            command.Add(option);
    }

    /// <summary>What the person chose; a value that will not do ends the command as usage.</summary>
    public DeploymentOptions Read(ParseResult parsed)
    {
        Choices.ReadWord(parsed, _strategy, ["groups"], "");
        if (parsed.GetValue(_maxFailures) is { } failures && failures is not ("0" or "0%"))
            throw Choices.Usage($"--max-failures knows only 0 in this version, not \"{failures}\": a deployment stops at its first failure");
        var noop = parsed.GetValue(_noop);
        var onFailure = Choices.ReadWord(parsed, _onFailure, ["freeze", "release"], "");
        return new DeploymentOptions
        {
            Noop = noop,
            RunEnvironment = Choices.ReadText(parsed, _runEnvironment),
            AllowCachedCatalog = parsed.GetValue(_allowCachedCatalog),
            AcceptWithoutLog = parsed.GetValue(_acceptWithoutLog),
            Batch = Choices.ReadBatch(parsed, _batch),
            OnFailure = onFailure switch
            {
                "release" => OnFailure.Release,
                "freeze" => OnFailure.Freeze,
                _ => noop ? OnFailure.Release : OnFailure.Freeze,
            },
            RpcTimeout = Choices.ReadTime(parsed, _rpcTimeout, Defaults.RpcTimeout),
            StartTimeout = Choices.ReadTime(parsed, _startTimeout, Defaults.StartTimeout),
            RunTimeout = Choices.ReadTime(parsed, _runTimeout, Defaults.RunTimeout),
            IdleTimeout = Choices.ReadTime(parsed, _idleTimeout, Defaults.IdleTimeout),
        };
    }
}
