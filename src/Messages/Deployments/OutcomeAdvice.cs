namespace Orchestrator.Messages.Deployments;

/// <summary>What a person does next about each outcome and its cause: the two tables of these sentences, which docs/proofs.md repeats.</summary>
public static class OutcomeAdvice
{
    private const string ThenRetry = ", then retry";

    /// <summary>What all nodes of a deployment have in common, where none of them answered its check: one sentence for them all.</summary>
    public const string NobodyAnswered =
        "where no node answers, look at what they have in common: our certificate must be valid and its name allowed on the nodes; one that was renewed with a new key stays "
        + "unknown to Ruby servers until the old one is deleted there (choria_security/public_certs); this host's clock must be right; orchestrator config checks the way to the broker, and with --ping asks the fleet";

    /// <summary>One sentence, without a full stop: the cause's, where one is known.</summary>
    /// <param name="outcome">How a node's attempt ended.</param>
    /// <param name="cause">Why, where that calls for advice of its own.</param>
    /// <param name="canRetry">False after a rollback, whose deployment takes no retry: its nodes are released instead.</param>
    public static string Advice(this Outcome outcome, Cause? cause, bool canRetry = true)
    {
        var advice = outcome is Outcome.Succeeded or Outcome.Skipped || cause is null ? outcome.Advice() : cause.Value.Advice();
        return !canRetry && advice.EndsWith(ThenRetry, StringComparison.Ordinal) ? $"{advice[..^ThenRetry.Length]}, then release the nodes" : advice;
    }

    /// <summary>One sentence, without a full stop, for whatever outcome a cause led to.</summary>
    public static string Advice(this Cause cause) => cause switch
    {
        Cause.Daemon => "stop the Puppet daemon there; or, where the node has plugin.puppet.signal_daemon = false so that its daemon is not signalled, name the node with --unsignalled",
        Cause.NotIdle => "look at the run that goes on there, or remove the run lock that a dead process left (agent_catalog_run.lock); allow more time with --idle-timeout, then retry",
        Cause.SummaryUnreadable => "run Puppet once there (puppet agent --test): its last_run_summary.yaml is empty or damaged, and the agent cannot answer without it, then retry",
        Cause.NoStateFolder => "run Puppet once there (puppet agent --test): that makes its state folder, without which it cannot be disabled, then retry",
        Cause.Yaml => "set plugin.choria.security.serializer = json in its server.cfg and restart its server, then retry",
        Cause.Runtimeout => "the run took longer than runtimeout in puppet.conf allows: mend what took so long, or raise it, then retry",
        Cause.Signal => "somebody ended the run by a signal (a person, a service that was stopped, a shutdown): the node's system log may say who, then retry",
        Cause.NoSuchEnvironment => "the server does not have this environment, and Puppet may have applied another one: deploy the environment there, or correct its name",
        Cause.OtherDeployment => "another deployment holds it, which the message names with its caller: end and release it where it was begun; where nobody can, orchestrator release --from-nodes SITE finds and frees such nodes",
        Cause.LogUnanswered => "its log may be larger than the broker's largest message: raise max_payload of the broker, then retry; --accept-without-log does without the log, and then a cached catalog cannot be seen",
        Cause.DisabledMeanwhile => "somebody disabled it while its run was awaited, and that hold is not ours: ask that person, enable it, then retry",
        Cause.Denied => "allow our caller enable, disable and runonce in the node's policy (policies/puppet.policy of its server), then retry",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "no advice for this cause"),
    };

    /// <summary>One sentence, without a full stop, where nothing more is known.</summary>
    public static string Advice(this Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "nothing is to be done, unless there are warnings: read those",
        Outcome.FailedResources => "mend what the error lines name, on the node or in its code, then retry",
        Outcome.FailedNoCatalog => "the message has the server's words, or those of the command before the run: correct the code or the server, then retry",
        Outcome.FailedCachedCatalog => "the node applied old code because the server gave no catalog: correct the code or the server, or allow it with --allow-cached-catalog",
        Outcome.FailedInterrupted => "look at Puppet's own log on the node for who ended the run, and at runtimeout in puppet.conf, then retry",
        Outcome.FailedGenerate => "the message names the resource whose files could not be listed: mend its source or its path, then retry",
        Outcome.FailedPostrun => "the catalog was applied, the command after it failed: try postrun_command on the node, then retry",
        Outcome.FailedNoopRun => "nothing was changed because Puppet is set to noop on the node: take noop out of puppet.conf, or run it for real with --override-noop",
        Outcome.FailedOtherEnvironment => "a node classifier pins the node's environment: change it there, or deploy without --run-environment",
        Outcome.FailedDidNotStart => "look for a Puppet that is stuck on the node, or allow more time with --start-timeout, then retry",
        Outcome.FailedRunDied => "something ended Puppet in its run (memory, a reboot, a person): the node's system log says what, then retry",
        Outcome.FailedDidNotFinish => "its run may end yet: look at the node, allow more time with --run-timeout where such runs are usual, then retry",
        Outcome.FailedUnproven => "the message says which proof cannot be had: mend that; --accept-without-log helps only where the log lacks, and then a cached catalog cannot be seen",
        Outcome.FailedDisplaced => "find who else runs Puppet there (cron, a person) and stop that, then retry",
        Outcome.Unreachable => "see that the node and its Choria server run, reach the broker and trust our certificate: a node that rejects a request says nothing",
        Outcome.Refused => "the message has the node's words: mend what they name, then retry",
        Outcome.RefusedDisabled => "somebody disabled it and says why: ask that person, then enable it",
        Outcome.RefusedClock => "set the clocks of the node and of this host by a time server, then retry",
        Outcome.Skipped => "it never ran: deal with the node or the word that the message names, then retry",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no advice for this outcome"),
    };
}
