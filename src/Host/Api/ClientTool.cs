using System.Text.Json;
using Orchestrator.Host.Configuration;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>
/// The host's program as the one who reads the configuration for a command that asks a host elsewhere: <see cref="ClientSettings"/> on standard output.
/// </summary>
public static class ClientTool
{
    /// <summary>The only argument.</summary>
    public const string Word = "client";

    /// <returns><see cref="JournalTool.Answered"/> or <see cref="JournalTool.Refused"/>.</returns>
    public static async Task<int> RunAsync(ConfigurationWorld world, Stream output, Stream errors, CancellationToken cancellationToken)
    {
        try
        {
            var file = ConfigurationFile.Read(world);
            var fleet = await FleetConfiguration.ResolveAsync(file, null, world, cancellationToken);
            var settings = new ClientSettings(
                file.Path, file.Host, file.TokenFile, fleet.Settings.Certificate, fleet.Settings.PrivateKey, fleet.Settings.CertificateAuthority);
            await JsonSerializer.SerializeAsync(output, settings, MessagesJson.Plain.ClientSettings, cancellationToken);
            await output.FlushAsync(cancellationToken);
            return JournalTool.Answered;
        }
        catch (ConfigurationException e)
        {
            return JournalTool.Refuse(Problems.BadRequest(e.Message), errors);
        }
    }
}
