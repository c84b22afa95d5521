using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestrator.Choria.Security;
using Orchestrator.Host.Configuration;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Certificates;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Api;

/// <summary>
/// The host's program as the one who gets a fleet's certificate: it needs the configuration and the CA, but no host. What happens is on standard output, a
/// <see cref="CertificateNews"/> a line, the last with the end.
/// </summary>
public static class CertificateTool
{
    /// <summary>The first argument; the second is a <see cref="EnrollmentRequest"/>.</summary>
    public const string Word = "request-cert";

    /// <returns><see cref="JournalTool.Answered"/> or <see cref="JournalTool.Refused"/>.</returns>
    public static async Task<int> RunAsync(
        string request, Stream output, Stream errors, Func<string, string?> environment, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var asked = Read(request);
            if (asked.CertName is { } given && CertificateName.ProblemOf(given) is { } unfit)
                throw new ApiException(unfit, "certName");
            var found = await new FleetConfigurations(ConfigurationWorld.Real(With(asked.CertName, environment)))
                .FindAsync(asked.Fleet, cancellationToken);
            var wanted = new WantedCertificate(found.Settings.CertName, asked.Renew, PinOf(asked.AuthorityFingerprint));
            if (CertificateName.ProblemOf(wanted.Name) is { } problem)
                throw new ApiException(problem, null);
            if (asked.CertName is null && !Regex.IsMatch(wanted.Name, RequestVerifier.DefaultAllowed, RegexOptions.CultureInvariant))
                throw new ApiException(Unanswered(wanted.Name) with { Code = ProblemCodes.CertificateName });
            var at = await FindAsync(asked.Authority, found, cancellationToken);
            using var enrollment = new CertificateEnrollment(wanted, found.Settings, at, time, Tell);
            Tell(new CertificateNews(End: await enrollment.RunAsync(asked.Wait, cancellationToken)));
            return JournalTool.Answered;
        }
        catch (ApiException e)
        {
            return JournalTool.Refuse(e.Problem, errors);
        }
        catch (ConfigurationException e)
        {
            return JournalTool.Refuse(Problems.BadRequest(e.Message), errors);
        }
        catch (CertificateProblemException e)
        {
            return JournalTool.Refuse(Problems.Conflict(e.Message, ProblemCodes.CertificateRefused), errors);
        }
        catch (PuppetUnreachableException e)
        {
            return JournalTool.Refuse(Problems.Unavailable(e.Message, ProblemCodes.PuppetUnreachable), errors);
        }
        catch (IOException)
        {
            // Nobody listens any more; the next one goes on.
            return JournalTool.Refused;
        }

        void Tell(CertificateNews news)
        {
            JsonSerializer.Serialize(output, news, MessagesJson.Plain.CertificateNews);
            output.Write("\n"u8);
            output.Flush();
        }
    }

    private static ApiProblem Unanswered(string name) => Problems.BadRequest(
        $"by default Choria's servers do not answer the name of this fleet's certificate, \"{name}\", which does not end in .mcollective");

    private static EnrollmentRequest Read(string request)
    {
        try
        {
            return JsonSerializer.Deserialize(request, MessagesJson.Default.EnrollmentRequest) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new ApiException($"the request cannot be read: {e.Message}", null);
        }
    }

    /// <summary>The environment in which the name is that of the fleet's certificate.</summary>
    private static Func<string, string?> With(string? certName, Func<string, string?> environment) =>
        certName is null ? environment : name => name == FleetConfiguration.CertNameVariable ? certName : environment(name);

    private static Fingerprint? PinOf(string? text) => text is null ? null : Fingerprint.TryParse(text, out var pin) ? pin
        : throw new ApiException($"{Phrases.Quote(text)} is not the SHA-256 fingerprint of a certificate: it has 64 hexadecimal digits",
            "authorityFingerprint");

    private static async Task<ServerSetting> FindAsync(string? authority, FleetConfiguration found, CancellationToken cancellationToken)
    {
        var set = found.Puppet.Authority;
        if (authority is not null)
        {
            set = ServerAddress.TryParse(authority, PuppetService.Authority, out var address, out var problem)
                ? new ServerSetting([address], "the command line")
                : throw new ApiException($"the CA {Phrases.Quote(authority)} cannot be asked: {problem}", "authority");
        }
        return (await new ServerAddresses().FindAsync(PuppetService.Authority, set, found.Puppet.SrvDomain, cancellationToken)).At;
    }
}
