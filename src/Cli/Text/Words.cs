using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Text;

/// <summary>The documented words of outcomes and states, from the one JSON schema that has them.</summary>
internal static class Words
{
    /// <summary>What a person must know before nodes are enabled.</summary>
    public const string OwnPuppet = "an enabled node's own Puppet applies what the server serves, in no particular order";

    /// <summary>An outcome as behaviour and journal call it.</summary>
    public static string Of(Outcome outcome) => outcome.Word();

    /// <summary>A deployment's state.</summary>
    public static string Of(DeploymentPhase phase) => phase.Word();

    /// <summary>Whether a deployment keeps a node disabled.</summary>
    public static string Of(Hold hold) => hold.Word();

    /// <summary>A verb, as the command and the host's path have it.</summary>
    public static string Of(Verb verb) => verb.ToString().ToLowerInvariant();

    /// <summary>For what a deployment needs a person.</summary>
    public static string Of(Attention attention) => attention.Word();
}
