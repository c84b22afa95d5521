using Orchestrator.Choria.Connecting;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Servers;

namespace Orchestrator.Puppet.Connecting;

/// <summary>
/// Looks whether Puppet's own services can be asked. Deployments need none of them, so what is wrong is a warning; and where nothing says where a service is,
/// and none is at the usual place, there is nothing to warn of.
/// </summary>
public sealed class PuppetChecks(ServerAddresses addresses, TimeProvider time)
{
    private const long LargestAnswer = 1 << 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>All checks, which are made at once.</summary>
    public async Task<ImmutableArray<ConfigCheck>> RunAsync(PuppetSettings settings, ChoriaSettings caller, CancellationToken cancellationToken) =>
    [
        .. await Task.WhenAll(
            CheckAsync(PuppetService.Server, settings.Server, "sites from Puppet Server", PuppetTrust.Mutual(caller), settings, async server =>
                await EnvironmentGraph.ProblemOfAskingAsync(server, caller.CertName, Patience, cancellationToken), cancellationToken),
            CheckAsync(PuppetService.Database, settings.Database, "sites from PuppetDB", PuppetTrust.Mutual(caller), settings, async server =>
                ProblemOf(await AskAsync(server, "/pdb/meta/v1/version")), cancellationToken),
            CheckAsync(
                PuppetService.Authority, settings.Authority, "certificates", new PuppetTrust(null, caller.CertificateAuthority), settings,
                async server => ProblemOf(await AskAsync(server, "/puppet-ca/v1/certificate/ca")), cancellationToken)),
    ];

    private static string? ProblemOf(PuppetAnswer answer) =>
        answer.IsGood ? null : answer.Redirect ?? FormattableString.Invariant($"{answer.Server} answers {answer.Status}: {answer.Words}");

    private static Task<PuppetAnswer> AskAsync(PuppetConnection server, string path) =>
        server.AskAsync(HttpMethod.Get, path, LargestAnswer, Patience, CancellationToken.None);

    private async Task<ConfigCheck> CheckAsync(
        PuppetService service, ServerSetting? set, string use, PuppetTrust trust, PuppetSettings settings, Func<PuppetConnection, Task<string?>> problemOf,
        CancellationToken cancellationToken)
    {
        var name = service.Name;
        var isDefault = false;
        try
        {
            var found = await addresses.FindAsync(service, set, settings.SrvDomain, cancellationToken);
            isDefault = found.IsDefault;
            using var server = new PuppetConnection(service, found.At, trust, time);
            return await problemOf(server) is { } problem
                ? new ConfigCheck(name, CheckResult.Warning, $"{problem} (needed only for {use})")
                : new ConfigCheck(name, CheckResult.Ok, $"{found.At} ({found.At.Source})");
        }
        catch (PuppetUnreachableException) when (isDefault)
        {
            return new ConfigCheck(name, CheckResult.Skipped, $"not set, and not at its usual place; needed only for {use}");
        }
        catch (PuppetUnreachableException e)
        {
            return new ConfigCheck(name, CheckResult.Warning, $"{e.Message} (needed only for {use})");
        }
    }
}
