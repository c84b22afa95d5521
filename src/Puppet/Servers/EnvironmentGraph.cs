using System.Globalization;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Servers;

/// <summary>
/// A site from Puppet Server: the graph of an environment's applications, which Puppet 4 to 6 compile from its <c>site</c> block
/// (<c>GET /puppet/v3/environment/ENVIRONMENT</c>).
/// </summary>
public static class EnvironmentGraph
{
    /// <summary>The first version without the <c>site</c> language.</summary>
    private const int WithoutSites = 7;

    private const string OfEnvironment = "/puppet/v3/environment/";

    /// <summary>Every certificate may read this unless somebody forbids it.</summary>
    private const string Environments = "/puppet/v3/environments";

    /// <summary>An environment that no server has: the answer tells whether the caller may ask for graphs, and nothing is compiled for it.</summary>
    private const string NoEnvironment = "orchestrator_config_check";

    private const long LargestList = 1 << 20;

    /// <summary>Asks, and gives what reads the answer: a site, or problems.</summary>
    /// <param name="certName">The caller's, to be named where it is not allowed.</param>
    /// <param name="largest">The most bytes that an answer may have.</param>
    /// <exception cref="PuppetUnreachableException">It cannot be asked, or does not answer.</exception>
    public static async Task<Func<SiteReading>> AskAsync(
        PuppetConnection server, string environment, string certName, long largest, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(server, environment, largest, deadline, cancellationToken);
        if (answer.IsGood)
            return () => Reading(answer);
        var refusal = new SiteReading(null, [Refusal(answer, environment, certName)]);
        return () => refusal;
    }

    /// <summary>A server answers in JSON, which shows whether it is whole. A site file in YAML does not.</summary>
    private static SiteReading Reading(PuppetAnswer answer)
    {
        var name = $"the graph of {answer.Server}";
        var reading = SiteReader.Read(answer.Body, name);
        return reading.Site is null || Beginning(answer.Body) == (byte)'{'
            ? reading
            : new SiteReading(null, [ServerAnswers.Problem($"{name} is not JSON: check that this is Puppet Server and not another server")]);
    }

    private static byte Beginning(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("\uFEFF"u8))
            body = body[3..];
        body = body.TrimStart(" \t\r\n"u8);
        return body.IsEmpty ? (byte)0 : body[0];
    }

    /// <summary>Why graphs cannot be asked for, one sentence; null where they can. Nothing is compiled for it.</summary>
    /// <exception cref="PuppetUnreachableException">It cannot be asked, or does not answer.</exception>
    public static async Task<string?> ProblemOfAskingAsync(
        PuppetConnection server, string certName, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var answer = await AnswerAsync(server, NoEnvironment, LargestList, deadline, cancellationToken);
        return answer.IsGood || (answer.Status == 404 && IsUnknownEnvironment(answer) && !IsWithoutSites(answer))
            ? null
            : Refusal(answer, NoEnvironment, certName).Message;
    }

    /// <summary>A server that forbids something does not say its version, which tells whether to allow it would help.</summary>
    private static async Task<PuppetAnswer> AnswerAsync(
        PuppetConnection server, string environment, long largest, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var answer = await server.AskAsync(
            HttpMethod.Get, OfEnvironment + Uri.EscapeDataString(environment), largest, deadline, cancellationToken, accept: "application/json");
        return answer is { Status: 403, Version: null }
            ? answer with { Version = (await server.AskAsync(HttpMethod.Get, Environments, LargestList, deadline, cancellationToken)).Version }
            : answer;
    }

    /// <summary>What an answer means that is no graph.</summary>
    private static SiteProblem Refusal(PuppetAnswer answer, string environment, string certName) => answer.Status switch
    {
        403 or 404 when IsWithoutSites(answer) || (answer.Status == 404 && !IsUnknownEnvironment(answer)) => ServerAnswers.Problem(
            $"{answer.Server} {VersionText(answer.Version)}has no environment graphs: Puppet 7 and later have no site language. Use PuppetDB as the source of "
            + "the site, or write a site file"),
        403 => ServerAnswers.Problem(
            $"{answer.Server} answers 403: it does not let {certName} read environment graphs; add a rule to its auth.conf and restart it") with
        {
            Advice = Rules(certName),
        },
        404 => ServerAnswers.Of($"{answer.Server} answers 404 for the environment {environment}", answer.Words),
        _ when answer.Redirect is { } redirect => ServerAnswers.Problem(redirect),
        _ => ServerAnswers.Of(string.Create(CultureInfo.InvariantCulture, $"{answer.Server} answers {answer.Status}"), answer.Words),
    };

    /// <summary>The rule to add, in each of the three forms that a server may have it in.</summary>
    private static string[] Rules(string certName) =>
        $$"""
        With the Puppet module puppet_authorization:
          puppet_authorization::rule { 'environment graphs':
            match_request_path => '/puppet/v3/environment/', match_request_type => 'path',
            match_request_method => 'get', allow => '{{certName}}', sort_order => 300,
            path => '/etc/puppetlabs/puppetserver/conf.d/auth.conf',
          }
        Or by hand, in /etc/puppetlabs/puppetserver/conf.d/auth.conf, among its rules:
          {
            match-request: { path: "/puppet/v3/environment/", type: path, method: get }
            allow: "{{certName}}"
            sort-order: 300
            name: "environment graphs"
          }
        Or on an old server, in /etc/puppetlabs/puppet/auth.conf (or /etc/puppet/auth.conf), before its last rule:
          path /puppet/v3/environment/
          method find
          allow {{certName}}
        """.Split('\n');

    private static bool IsUnknownEnvironment(PuppetAnswer answer) => answer.Words.Contains("environment", StringComparison.OrdinalIgnoreCase)
        && !answer.Words.Contains("indirection", StringComparison.OrdinalIgnoreCase);

    private static bool IsWithoutSites(PuppetAnswer answer) => VersionOf(answer.Version) >= WithoutSites;

    private static int? VersionOf(string? version) =>
        int.TryParse(version?.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : null;

    private static string VersionText(string? version) => VersionOf(version) is null ? "" : $"(Puppet {version}) ";
}
