using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Databases;

namespace Orchestrator.Host.Api;

/// <summary>Mapping files, by which sites are made of what PuppetDB has.</summary>
public static class MappingEndpoint
{
    public static void MapMapping(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Mapping, () => TypedResults.Bytes(MappingFile.Default, "application/yaml")).NeedsNothing();

        api.MapPost(HostApi.Mapping, async (HttpContext http) =>
        {
            var request = await Bodies.ReadAsync(http, MessagesJson.Default.MappingRequest);
            var (view, problems) = MappingFile.Check(request.File, request.Name);
            return view is null
                ? Bodies.Json(PlanJson.Write(new SiteProblems(problems)), StatusCodes.Status422UnprocessableEntity)
                : Bodies.Json(view, MessagesJson.Plain.MappingView);
        }).Needs(AccessVerb.Plan);
    }
}
