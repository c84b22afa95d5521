using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Client;

/// <summary>What who follows one deployment, or all, is told: events, and what becomes of the stream itself.</summary>
public abstract record StreamItem
{
    private StreamItem()
    {
    }

    /// <summary>The next event of the deployment.</summary>
    /// <param name="Event">Each comes once, in order.</param>
    public sealed record Happened(HistoryEvent Event) : StreamItem;

    /// <summary>What keeps the deployment from going on, or that nothing does any more.</summary>
    /// <param name="Notice">How it stands now.</param>
    public sealed record Noticed(StreamNotice Notice) : StreamItem;

    /// <summary>The next event of some deployment, where all are followed.</summary>
    /// <param name="Entry">Each comes once, in order.</param>
    public sealed record HappenedIn(JournalEntry Entry) : StreamItem;

    /// <summary>A deployment's line in the list has changed, where all are followed.</summary>
    /// <param name="Line">As it is now.</param>
    public sealed record Changed(DeploymentLine Line) : StreamItem;

    /// <summary>What keeps the host's deployments from going on, or that nothing does any more, where all are followed.</summary>
    /// <param name="Notice">How it stands now.</param>
    public sealed record HostNoticed(HostNotice Notice) : StreamItem;

    /// <summary>The host has been silent for so long that it does not answer, or answers again.</summary>
    /// <param name="Begins">False where it answers again.</param>
    public sealed record Silence(bool Begins) : StreamItem
    {
        /// <summary>After how long it begins.</summary>
        public static TimeSpan After => EventStream.Silence;
    }

    /// <summary>
    /// The connection was lost. It is opened again once the next item is asked for: until then a follower may see to it that there is a host.
    /// </summary>
    /// <param name="Cause">Why.</param>
    public sealed record Lost(HostLostException Cause) : StreamItem;

    /// <summary>A connection was had again; what comes now comes after the last event.</summary>
    public sealed record Reconnected : StreamItem;

    /// <summary>The deployment has ended: the last item.</summary>
    /// <param name="View">As it stands at its end.</param>
    public sealed record Ended(HostAnswer<DeploymentView> View) : StreamItem;
}
