using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Fleets;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;
using Orchestrator.Puppet.Databases;
using Orchestrator.Puppet.Servers;

namespace Orchestrator.Host.Planning;

/// <summary>Asks the servers that sites come from, with the settings and the certificate of a fleet.</summary>
public sealed class SiteSources(FleetConfigurations configurations, ServerAddresses addresses, HostSettings settings, TimeProvider time)
{
    private const int AtOnce = 4;
    private const int MostWaiting = 100;

    /// <summary>Servers' graphs are plain: they cost less than a document of that size may.</summary>
    private const long LargestGraph = 64 << 20;

    private readonly BoundedPlaces _places = new("ask another server for a site", AtOnce, MostWaiting, TimeSpan.FromSeconds(30), time);

    /// <summary>Asks, and gives what reads the answer: a site, or problems. That takes time and a deep stack, and belongs on a thread of its own.</summary>
    /// <param name="environment">Null for production.</param>
    /// <exception cref="OverloadedException">Too many are asked at once.</exception>
    /// <exception cref="FleetConflictException">This host has other settings of the fleet than its asker.</exception>
    /// <exception cref="ConfigurationException">There is no such fleet, or its settings cannot be used.</exception>
    /// <exception cref="PuppetUnreachableException">The server cannot be asked, or does not answer.</exception>
    public async Task<Func<SiteReading>> AskAsync(SiteSource source, string? environment, CancellationToken cancellationToken)
    {
        using var place = await _places.EnterAsync(cancellationToken);
        if (await configurations.DifferenceAsync(source.Fleet, source.Variables, cancellationToken) is { } difference)
            throw new FleetConflictException(difference);
        var fleet = await configurations.FindAsync(source.Fleet, cancellationToken);
        environment ??= PlanQuestion.DefaultEnvironment;
        var deadline = source.Timeout ?? SiteSource.DefaultTimeout;
        if (source.Kind == SiteSourceKind.PuppetDb)
        {
            using var database = await ConnectAsync(PuppetService.Database, fleet.Puppet.Database, source, fleet, cancellationToken);
            var question = new DatabaseQuestion(
                environment, source.Query, await MappingAsync(source, fleet, cancellationToken), fleet.Settings.CertName, deadline);
            return await PuppetDbSource.AskAsync(database, question, time, cancellationToken);
        }
        using var server = await ConnectAsync(PuppetService.Server, fleet.Puppet.Server, source, fleet, cancellationToken);
        return await EnvironmentGraph.AskAsync(
            server, environment, fleet.Settings.CertName, Math.Max(LargestGraph, settings.LargestSite), deadline, cancellationToken);
    }

    /// <summary>The request's mapping file, or else the configuration's; null where neither has one.</summary>
    private static async Task<(byte[] File, string Name)?> MappingAsync(SiteSource source, FleetConfiguration fleet, CancellationToken cancellationToken)
    {
        if (source.Mapping is { } given)
            return (given, source.MappingName!);
        if (fleet.Puppet.Mapping is not { } path)
            return null;
        try
        {
            return (await File.ReadAllBytesAsync(path, cancellationToken), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the mapping file {path} of the fleet {fleet.Name} cannot be read: {e.Message.TrimEnd('.')}");
        }
    }

    private async Task<PuppetConnection> ConnectAsync(
        PuppetService service, ServerSetting? configured, SiteSource source, FleetConfiguration fleet, CancellationToken cancellationToken)
    {
        var set = source.Server is { } text ? Requested(text, service) : configured;
        var found = await addresses.FindAsync(service, set, fleet.Puppet.SrvDomain, cancellationToken);
        return new PuppetConnection(service, found.At, PuppetTrust.Mutual(fleet.Settings), time);
    }

    private static ServerSetting Requested(string text, PuppetService service) => ServerAddress.TryParse(text, service, out var address, out var problem)
        ? new ServerSetting([address], "the command line")
        : throw new InvalidOperationException($"the server was not checked: {problem}");
}
