using Orchestrator.Cli.Host;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>What <c>latest</c> means: the deployment that was registered last.</summary>
internal static class Latest
{
    public const string Word = "latest";

    /// <summary>The id to ask the host for. Throws <see cref="CommandFailedException"/> where there is no deployment yet.</summary>
    /// <param name="id">As it was typed; null for none.</param>
    public static async Task<string> ResolveAsync(HostConnection host, string? id, CommandContext context)
    {
        if (id is not (null or Word))
            return id;
        var page = (await host.Client.GetDeploymentsAsync(1, cancellationToken: context.Interrupted)).Value;
        return page.Deployments is [var newest, ..]
            ? newest.Id.Value
            : throw new CommandFailedException("there are no deployments yet", ExitCodes.Usage);
    }
}
