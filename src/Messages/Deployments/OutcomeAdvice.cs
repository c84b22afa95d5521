namespace Orchestrator.Messages.Deployments;

/// <summary>What a person does next about each outcome: the one table of these sentences, which docs/proofs.md repeats.</summary>
public static class OutcomeAdvice
{
    /// <summary>One sentence, without a full stop.</summary>
    public static string Advice(this Outcome outcome) => outcome switch
    {
        Outcome.Succeeded => "nothing is to be done, unless there are warnings: read those",
        Outcome.FailedResources => "mend what the error lines name, on the node or in its code, then retry",
        Outcome.FailedNoCatalog => "the message has the server's words, or those of the command before the run: correct the code or the server, then retry",
        Outcome.FailedCachedCatalog => "the node applied old code because the server gave no catalog: correct the code or the server, or allow it with --allow-cached-catalog",
        Outcome.FailedInterrupted => "look at Puppet's own log on the node for who ended the run, and at runtimeout in puppet.conf, then retry",
        Outcome.FailedGenerate => "the message names the resource whose files could not be listed: mend its source or its path, then retry",
        Outcome.FailedPostrun => "the catalog was applied, the command after it failed: try postrun_command on the node, then retry",
        Outcome.FailedNoopRun => "nothing was changed because Puppet is set to noop on the node: take noop out of puppet.conf, or deploy with --noop",
        Outcome.FailedOtherEnvironment => "a node classifier pins the node's environment: change it there, or deploy without --run-environment",
        Outcome.FailedDidNotStart => "look for a Puppet that is stuck on the node, or allow more time with --start-timeout, then retry",
        Outcome.FailedRunDied => "something ended Puppet in its run (memory, a reboot, a person): the node's system log says what, then retry",
        Outcome.FailedDidNotFinish => "its run may end yet: look at the node, allow more time with --run-timeout where such runs are usual, then retry",
        Outcome.FailedUnproven => "the message says which proof cannot be had: mend that; --accept-without-log helps only where the log lacks, and then a cached catalog cannot be seen",
        Outcome.FailedDisplaced => "find who else runs Puppet there (cron, a person) and stop that, then retry",
        Outcome.Unreachable => "see that the node and its Choria server run, reach the broker and trust our certificate: a node that rejects a request says nothing",
        Outcome.Refused => "the message has the node's words: allow enable, disable and runonce in its policy, mend the option it does not take, or remove a lock that a dead run left",
        Outcome.RefusedDisabled => "somebody disabled it and says why: ask that person, then enable it",
        Outcome.RefusedClock => "set the clocks of the node and of this host by a time server, then retry",
        Outcome.Skipped => "it never ran: deal with the node or the word that the message names, then retry",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no advice for this outcome"),
    };
}
