using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Planning;

namespace Orchestrator.Host.Api;

/// <summary>Where in the request stands what is found to be wrong further inside.</summary>
internal static class Fields
{
    /// <summary>For what is about a fleet.</summary>
    /// <param name="name">Where its name stands.</param>
    /// <param name="scenario">Where its scenario stands; null where it can have none.</param>
    public static async Task<T> OfFleetAsync<T>(this Task<T> asked, string name, string? scenario = null)
    {
        try
        {
            return await asked;
        }
        catch (UnknownFleetException e)
        {
            throw new ApiException(e.Message, name, e);
        }
        catch (ScenarioException e)
        {
            throw new ApiException(e.Message, scenario, e);
        }
    }

    /// <summary>For what is about a site.</summary>
    /// <param name="at">Where the site stands: empty where it is the body, else with a dot behind it.</param>
    public static async Task<T> OfSiteAsync<T>(this Task<T> planned, string at)
    {
        try
        {
            return await planned.OfFleetAsync($"{at}source.fleet");
        }
        catch (SiteTooLargeException e)
        {
            throw new ApiException(Problems.TooLarge(e.Message) with { Field = $"{at}document" }, e);
        }
    }
}
