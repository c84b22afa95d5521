using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Deployments;

/// <summary>What a person can do with a deployment once the cause of a failure is dealt with.</summary>
[JsonConverter(typeof(EnumWords<AfterFix>))]
public enum AfterFix
{
    [JsonStringEnumMemberName("unknown")] Unknown = 0,

    /// <summary>Nothing yet, or nothing any more.</summary>
    [JsonStringEnumMemberName("nothing")] Nothing = 1,

    [JsonStringEnumMemberName("retry")] Retry = 2,

    /// <summary>It takes no retry: its nodes are released instead.</summary>
    [JsonStringEnumMemberName("release")] Release = 3,
}

/// <summary>
/// What a person does next about each outcome and its cause: the two tables of these sentences. They name no option and no command; outcome and cause are
/// the codes by which the command line adds its own, and docs/proofs.md repeats both.
/// </summary>
public static class OutcomeAdvice
{
    private const string ThenRetry = ", then retry";

    /// <summary>What all nodes of a deployment have in common, where none of them answered its check: one sentence for them all.</summary>
    public const string NobodyAnswered =
        "when no node answers, check what they share: our certificate must be valid and its name allowed on the nodes; a certificate renewed with a new key "
        + "stays unknown to Ruby servers until the old one is deleted there (choria_security/public_certs); this host's clock must be right; then check the "
        + "way to the broker, and ping the fleet";

    /// <summary>One sentence, without a full stop: the cause's, where one is known.</summary>
    /// <param name="outcome">How a node's attempt ended.</param>
    /// <param name="cause">Why, where that calls for advice of its own.</param>
    /// <param name="then">What the deployment takes afterwards.</param>
    public static string Advice(this Outcome outcome, Cause? cause, AfterFix then = AfterFix.Retry)
    {
        var advice = outcome is Outcome.Succeeded or Outcome.Skipped || cause is null ? outcome.Advice() : cause.Value.Advice();
        return then == AfterFix.Retry || !advice.EndsWith(ThenRetry, StringComparison.Ordinal) ? advice
            : $"{advice[..^ThenRetry.Length]}{(then == AfterFix.Release ? ", then release the nodes" : "")}";
    }

    /// <summary>One sentence, without a full stop, for whatever outcome a cause led to.</summary>
    public static string Advice(this Cause cause) => cause switch
    {
        Cause.Daemon => "stop the Puppet daemon there; or, if the node has plugin.puppet.signal_daemon = false, deploy to it without a signal",
        Cause.NotIdle =>
            "look at the run in progress there, or remove the run lock left by a dead process (agent_catalog_run.lock), or allow more time for it to end, "
                + "then retry",
        Cause.SummaryUnreadable =>
            "run Puppet once there (puppet agent --test): its last_run_summary.yaml is empty or damaged, and the agent cannot answer without it, then retry",
        Cause.NoStateFolder => "run Puppet once there (puppet agent --test): it creates the state folder needed to disable it, then retry",
        Cause.Yaml => "set plugin.choria.security.serializer = json in its server.cfg and restart its server, then retry",
        Cause.Runtimeout => "the run took longer than runtimeout in puppet.conf allows: fix what took so long, or raise it, then retry",
        Cause.Signal => "the run was ended by a signal (a person, a stopped service, a shutdown): see the node's system log, then retry",
        Cause.NoSuchEnvironment =>
            "the server does not have this environment, and Puppet may have applied another one: deploy the environment there, or fix its name",
        Cause.OtherDeployment =>
            "another deployment holds it, see the message: end and release it where it was started; if that is impossible, free such nodes from here",
        Cause.LogUnanswered =>
            "its log may exceed the broker's message size: raise max_payload of the broker, then retry; a run may also be accepted without its "
                + "log, but a cached catalog then goes unnoticed",
        Cause.DisabledMeanwhile => "somebody else disabled it during its run: ask them, enable it, then retry",
        Cause.Abandoned => "its run went on unobserved: see on the node whether it has ended, and how, then retry",
        Cause.Denied => "allow our caller enable, disable and runonce in the node's policy (policies/puppet.policy of its server), then retry",
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, "no advice for this cause"),
    };

    /// <summary>One sentence, without a full stop, where nothing more is known.</summary>
    public static string Advice(this Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "nothing to do, but read the warnings if there are any",
        Outcome.FailedResources => "fix what the error lines name, on the node or in its code, then retry",
        Outcome.FailedNoCatalog => "see the message from the server or the prerun command: fix the code or the server, then retry",
        Outcome.FailedCachedCatalog =>
            "the node applied old code because the server gave no catalog: fix the code or the server, or allow cached catalogs",
        Outcome.FailedInterrupted => "see Puppet's own log on the node for what ended the run, and runtimeout in puppet.conf, then retry",
        Outcome.FailedGenerate => "the message names the resource whose files could not be listed: fix its source or its path, then retry",
        Outcome.FailedPostrun => "the catalog was applied but postrun_command failed: try it on the node, then retry",
        Outcome.FailedNoopRun => "nothing was changed because Puppet is set to noop on the node: remove noop from puppet.conf, or override it",
        Outcome.FailedOtherEnvironment => "a node classifier pins the node's environment: change it there, or ask for no environment",
        Outcome.FailedDidNotStart => "look for a stuck Puppet process on the node, or allow more time for the start, then retry",
        Outcome.FailedRunDied => "something ended Puppet during its run (memory, a reboot, a person): see the node's system log, then retry",
        Outcome.FailedDidNotFinish => "its run may still finish: look at the node, allow more time if such runs are normal, then retry",
        Outcome.FailedUnproven =>
            "the message says which proof is missing: fix that; where only the log is, a run may be accepted without it, but a cached catalog then goes "
                + "unnoticed",
        Outcome.FailedDisplaced => "find what else runs Puppet there (cron, a person) and stop it, then retry",
        Outcome.Unreachable =>
            "check that the node and its Choria server are up, reach the broker and trust our certificate: a node that rejects a request does not answer",
        Outcome.Refused => "see the node's message: fix what it names, then retry",
        Outcome.RefusedDisabled => "somebody disabled it, see their message: ask them, then enable it",
        Outcome.RefusedClock => "synchronize the clocks of the node and of this host, then retry",
        Outcome.Skipped => "it did not run: deal with the cause named in the message, then retry",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no advice for this outcome"),
    };
}
