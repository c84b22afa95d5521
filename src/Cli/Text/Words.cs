using System.Globalization;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Text;

/// <summary>The documented words of outcomes and states, from the one JSON schema that has them.</summary>
internal static class Words
{
    private const int FewNames = 5;

    /// <summary>An outcome as behaviour and journal call it.</summary>
    public static string Of(Outcome outcome) => outcome.Word();

    /// <summary>A deployment's state.</summary>
    public static string Of(DeploymentPhase phase) => phase.Word();

    /// <summary>Whether a deployment keeps a node disabled.</summary>
    public static string Of(Hold hold) => hold.Word();

    /// <summary>For what a deployment needs a person.</summary>
    public static string Of(Attention attention) => attention.Word();

    /// <summary>A number as people read it: <c>4,998</c>.</summary>
    public static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A noun with its number: <c>1 node</c>, <c>4,998 nodes</c>.</summary>
    public static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{Number(number)} {noun}s";

    /// <summary>The first few names, and how many more there are.</summary>
    public static string Few(IEnumerable<string> names, int count) =>
        string.Join(", ", names.Take(FewNames)) + (count > FewNames ? $" and {Number(count - FewNames)} more" : "");
}
