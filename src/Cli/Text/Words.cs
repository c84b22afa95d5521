using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Text;

/// <summary>The documented words of outcomes and states, from the one JSON schema that has them.</summary>
internal static class Words
{
    /// <summary>What a person must know before nodes are enabled.</summary>
    public const string OwnPuppet = "an enabled node's own Puppet applies what the server serves, in no particular order";

    public static string Of(Outcome outcome) => outcome.Word();
    public static string Of(DeploymentPhase phase) => phase.Word();
    public static string Of(Hold hold) => hold.Word();

    /// <summary>A verb, as the command and the host's path have it.</summary>
    public static string Of(Verb verb) => verb.ToString().ToLowerInvariant();

    public static string Of(Attention attention) => attention.Word();
}
