using System.Text;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>Sites for requests.</summary>
public static class Sites
{
    /// <summary>Two nodes, one after the other.</summary>
    public const string Lamp =
        """
        {"environment":"production","applications":{"Lamp[app1]":{
          "Lamp::Mysql[app1]":{"node":"dev1.example.net","produces":["Sql[app1]"]},
          "Lamp::Webapp[app1-1]":{"node":"dev2.example.net","consumes":["Sql[app1]"]}}}}
        """;

    /// <summary>A request for a site's plan.</summary>
    public static PlanRequest Request(string site) => new(Encoding.UTF8.GetBytes(site), "site.json", null, []);

    /// <summary>The plan that a site has.</summary>
    public static Plan PlanOf(string site) =>
        ((PlanResult.Planned)Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(site), "site.json"), PlanQuestion.Everything)).Plan;
}
