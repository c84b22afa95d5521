using System.Text;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Tests.Plans;

/// <summary>Short ways from a document to what is planned.</summary>
internal static class Planning
{
    public static PlanResult Of(byte[] document, params string[] instances) =>
        Planner.Plan(SiteReader.Read(document, "site"), new PlanQuestion([.. instances]));

    public static PlanResult Of(string document, params string[] instances) => Of(Encoding.UTF8.GetBytes(document), instances);

    public static Plan Plan(string document, params string[] instances) => Plan(Of(document, instances));

    public static Plan Plan(PlanResult result) => result switch
    {
        PlanResult.Planned(var plan) => plan,
        PlanResult.Refused(var problems) => throw new Xunit.Sdk.XunitException($"refused: {string.Join("; ", problems.Select(p => $"{p.Kind}: {p.Message}"))}"),
        _ => throw new InvalidOperationException(),
    };

    public static IReadOnlyList<SiteProblem> Problems(PlanResult result) => Assert.IsType<PlanResult.Refused>(result).Problems;

    public static IReadOnlyList<SiteProblem> Problems(string document, params string[] instances) => Problems(Of(document, instances));

    public static string[][] Groups(Plan plan) => [.. plan.Groups.Select(g => g.Nodes.Select(n => n.Name.Value).ToArray())];
}
