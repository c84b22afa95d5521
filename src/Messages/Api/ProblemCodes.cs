namespace Orchestrator.Messages.Api;

/// <summary>Why the host refuses a request, word for word as programs read them; docs/api.md says which data each comes with.</summary>
public static class ProblemCodes
{
    /// <summary>The request cannot be understood, or asks for what cannot be.</summary>
    public const string BadRequest = "bad-request";

    /// <summary>Nobody knows who asks.</summary>
    public const string Unauthenticated = "unauthenticated";

    /// <summary>Whoever asks may not do it.</summary>
    public const string Denied = "denied";

    /// <summary>Whoever asks has a token of this name that is still good.</summary>
    public const string TokenExists = "token-exists";

    /// <summary>There is no token of this id that whoever asks may revoke.</summary>
    public const string TokenNotFound = "token-not-found";

    /// <summary>The caller's idempotency key stands for another request.</summary>
    public const string IdempotencyKeyReused = "idempotency-key-reused";

    /// <summary>No such path or verb.</summary>
    public const string NotFound = "not-found";

    /// <summary>No deployment has this id or begins so.</summary>
    public const string DeploymentNotFound = "deployment-not-found";

    /// <summary>Several deployments begin so.</summary>
    public const string DeploymentAmbiguous = "deployment-ambiguous";

    /// <summary>The journal does not reach as far as the position after which events are asked for.</summary>
    public const string PositionUnknown = "position-unknown";

    /// <summary>The deployment has no such node.</summary>
    public const string NodeNotFound = "node-not-found";

    /// <summary>No plan of this id is kept.</summary>
    public const string PlanNotFound = "plan-not-found";

    /// <summary>The site gives another plan than the expected one.</summary>
    public const string PlanChanged = "plan-changed";

    /// <summary>The plan has no nodes, and the request did not say that it may.</summary>
    public const string PlanEmpty = "plan-empty";

    /// <summary>The plan of a deployment cannot be read now.</summary>
    public const string PlanUnreadable = "plan-unreadable";

    /// <summary>The asker's settings of the fleet are not those that this host uses.</summary>
    public const string FleetConflict = "fleet-conflict";

    /// <summary>The fleet cannot be reached.</summary>
    public const string FleetUnavailable = "fleet-unavailable";

    /// <summary>Puppet Server, PuppetDB or the Puppet CA cannot be asked, or does not answer.</summary>
    public const string PuppetUnreachable = "puppet-unreachable";

    /// <summary>Nodes would not answer a certificate of this name, and nobody asked for it by name.</summary>
    public const string CertificateName = "certificate-name";

    /// <summary>The Puppet CA does not give a certificate, or one that does not fit.</summary>
    public const string CertificateRefused = "certificate-refused";

    /// <summary>The emulated fleet ended with its host.</summary>
    public const string FleetGone = "fleet-gone";

    /// <summary>A deployment that has ended holds nodes.</summary>
    public const string NodesHeld = "nodes-held";

    /// <summary>A deployment that has ended holds nodes, and nobody knows which.</summary>
    public const string NodesUnknown = "nodes-unknown";

    /// <summary>Another deployment is using nodes.</summary>
    public const string NodesReserved = "nodes-reserved";

    /// <summary>The same, where the request said not to wait.</summary>
    public const string WouldWait = "would-wait";

    /// <summary>All nodes that it holds are kept until each is named.</summary>
    public const string NodesKept = "nodes-kept";

    /// <summary>It does not hold the node.</summary>
    public const string NodeNotHeld = "node-not-held";

    /// <summary>It has not started.</summary>
    public const string NotStarted = "not-started";

    /// <summary>It has not ended, and no host is running it.</summary>
    public const string NotRunning = "not-running";

    /// <summary>It has not ended.</summary>
    public const string StillRunning = "still-running";

    /// <summary>It is coming to its end.</summary>
    public const string Ending = "ending";

    /// <summary>It has ended.</summary>
    public const string Ended = "ended";

    /// <summary>It was given up, and cannot be continued.</summary>
    public const string GivenUp = "given-up";

    /// <summary>It was imported from another journal, to be read.</summary>
    public const string Imported = "imported";

    /// <summary>A deployment of this id is in the journal already.</summary>
    public const string DeploymentExists = "deployment-exists";

    /// <summary>It was pruned: the journal has it no more.</summary>
    public const string Pruned = "pruned";

    /// <summary>A rollback is running.</summary>
    public const string RollingBack = "rolling-back";

    /// <summary>It was rolled back.</summary>
    public const string RolledBack = "rolled-back";

    /// <summary>Nodes are being enabled.</summary>
    public const string Releasing = "releasing";

    /// <summary>There is nothing for the verb to do.</summary>
    public const string NothingToDo = "nothing-to-do";

    /// <summary>The group that is to be approved does not wait for approval, or not any more.</summary>
    public const string GroupNotWaiting = "group-not-waiting";

    /// <summary>Whoever started it may not approve its groups.</summary>
    public const string ApproverMustDiffer = "approver-must-differ";

    /// <summary>A rollback needs a Puppet environment, and none was given.</summary>
    public const string RollbackEnvironmentMissing = "rollback-environment-missing";

    /// <summary>Its plan or its history cannot be read.</summary>
    public const string CannotBeCarriedOn = "cannot-be-carried-on";

    /// <summary>What failed is being taken up again from the journal.</summary>
    public const string Restarting = "restarting";

    /// <summary>No answer in time, or whoever had to give it is gone: what was asked may have been done.</summary>
    public const string NotAnswered = "not-answered";

    /// <summary>The journal cannot be read or written now.</summary>
    public const string JournalUnavailable = "journal-unavailable";

    /// <summary>The journal is not as complete as it was, and nobody has recovered it yet.</summary>
    public const string JournalIncomplete = "journal-incomplete";

    /// <summary>What the journal has cannot be read.</summary>
    public const string JournalUnreadable = "journal-unreadable";

    /// <summary>The host has more to do than it can now: nothing was done, and it says after how many seconds to ask again.</summary>
    public const string Overloaded = "overloaded";

    /// <summary>The caller asks too often, or has too many requests waiting: nothing was done, and it says after how many seconds to ask again.</summary>
    public const string RateLimited = "rate-limited";

    /// <summary>The caller has as many streams as one may: nothing was done, and it says after how many seconds to ask again.</summary>
    public const string TooManyStreams = "too-many-streams";

    /// <summary>The host is about to exit: nothing was done, and it says after how many seconds to ask again.</summary>
    public const string GoingAway = "going-away";

    /// <summary>A bug; the host's log has more.</summary>
    public const string Internal = "internal";
}
