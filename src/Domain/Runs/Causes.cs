using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Runs;

/// <summary>Recognizes causes by a node's own words.</summary>
public static class Causes
{
    /// <summary>The cause behind the words of a node that denied a request; null where they name none that is known.</summary>
    public static Cause? OfWords(string words) => null;
}
