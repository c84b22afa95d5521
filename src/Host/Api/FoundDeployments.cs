using Orchestrator.Host.Access;
using Orchestrator.Host.Coordination;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Api;

/// <summary>Finds the deployment that a request names.</summary>
internal static class FoundDeployments
{
    /// <summary>Of so many that an ambiguous prefix matches it is looked who may see them.</summary>
    private const int MostLookedAt = 20;

    /// <summary>The deployment, for whoever may do this with it.</summary>
    public static async Task<DeploymentLine> FindAsync(HttpContext http, string idOrPrefix, CoordinatorClient coordinator, AccessVerb verb)
    {
        var line = await FindAsync(http, idOrPrefix, coordinator);
        await http.RequestServices.GetRequiredService<AccessControl>().RequireAsync(http, verb, line);
        return line;
    }

    /// <summary>The deployment with this id or unique prefix, before it is known whether whoever asks may do anything with it.</summary>
    /// <exception cref="ApiException">There is none, or several, of which those are named that whoever asks may see.</exception>
    public static async Task<DeploymentLine> FindAsync(HttpContext http, string idOrPrefix, CoordinatorClient coordinator)
    {
        try
        {
            return await coordinator.FindAsync(idOrPrefix, http.RequestAborted).ValueAsync();
        }
        catch (ApiException e) when (e.Problem is { Code: ProblemCodes.DeploymentAmbiguous, Deployments: { } ids })
        {
            var access = http.RequestServices.GetRequiredService<AccessControl>();
            var looked = ids.Take(MostLookedAt).ToList();
            var visible = ImmutableArray.CreateBuilder<DeploymentId>();
            foreach (var id in looked)
            {
                var line = await coordinator.FindAsync(id.Value, http.RequestAborted).ValueAsync();
                if (await access.MaySeeAsync(http.Asker(), line, http.RequestAborted))
                    visible.Add(id);
            }
            if (visible.Count == looked.Count)
                throw;
            var sentence = $"\"{idOrPrefix}\" is ambiguous: "
                + (visible.Count == 0 ? "give more of the id" : $"it matches {Phrases.Some(visible)}, among others");
            throw new ApiException(Problems.Conflict(sentence, ProblemCodes.DeploymentAmbiguous) with { Deployments = visible.ToImmutable() });
        }
    }
}
