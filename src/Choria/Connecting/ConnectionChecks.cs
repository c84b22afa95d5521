using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Orchestrator.Choria.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Connecting;

/// <summary>Looks at everything that a connection to a fleet needs, in that order, up to each of its brokers. Sends no request to a node.</summary>
public sealed class ConnectionChecks(BrokerAddresses addresses, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>All checks. They take as long as the slowest broker is waited for, 10 s at most.</summary>
    public async Task<ImmutableArray<ConfigCheck>> RunAsync(FleetName fleet, ChoriaSettings settings, CancellationToken cancellationToken)
    {
        var checks = CertificateChecks.Run(settings, time.GetUtcNow()).ToBuilder();
        if (settings.NKeySeed is not null || settings.Credentials is not null)
            checks.Add(Login(settings));
        ImmutableArray<string> brokers;
        try
        {
            var found = await addresses.LookUpAsync(settings, cancellationToken);
            brokers = found.Brokers;
            var named = string.Join(", ", brokers);
            checks.Add(found.Problem is { } problem
                ? new ConfigCheck("brokers", CheckResult.Warning, $"{problem}; {named} is used instead: fix the name server, or set brokers")
                : new ConfigCheck("brokers", CheckResult.Ok, $"{named} ({found.Source})"));
        }
        catch (FleetUnavailableException e)
        {
            checks.Add(new ConfigCheck("brokers", CheckResult.Failed, e.Message));
            return checks.ToImmutable();
        }
        if (checks.Any(c => c.Result == CheckResult.Failed))
            checks.AddRange(brokers.Select(b => new ConfigCheck($"broker {b}", CheckResult.Skipped, "not checked because of the failure above")));
        else
            checks.AddRange(Judge(await Task.WhenAll(brokers.Select(b => ConnectAsync(fleet, settings, b, cancellationToken)))));
        return checks.ToImmutable();
    }

    private static ConfigCheck Login(ChoriaSettings settings)
    {
        const string Name = "login";
        try
        {
            BrokerLogin.Read(settings);
            return new ConfigCheck(Name, CheckResult.Ok, settings.Credentials ?? settings.NKeySeed!);
        }
        catch (BrokerLoginException e)
        {
            return new ConfigCheck(Name, CheckResult.Failed, e.Message);
        }
    }

    private async Task<Attempt> ConnectAsync(
        FleetName name, ChoriaSettings settings, string broker, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await using (await ChoriaFleet.ConnectAsync(name, settings, [broker], time, NullLoggerFactory.Instance, patience.Token))
                return new Attempt(broker, null, await BrokerPermissionsProbe.AskAsync(settings, broker, patience.Token));
        }
        catch (FleetUnavailableException e)
        {
            return new Attempt(broker, e.Message);
        }
        catch (NatsException e)
        {
            return new Attempt(broker, $"the connection to the broker {broker} broke while it was checked: {e.Message}");
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            return new Attempt(broker, $"the broker {broker} did not answer within {Durations.Text(Patience)}");
        }
    }

    /// <summary>One broker is enough; the others are then for somebody to look at.</summary>
    private static IEnumerable<ConfigCheck> Judge(Attempt[] attempts)
    {
        var isReached = attempts.Any(a => a.Problem is null);
        foreach (var attempt in attempts)
        {
            yield return attempt.Problem is { } problem
                ? new ConfigCheck($"broker {attempt.Broker}", isReached ? CheckResult.Warning : CheckResult.Failed, problem)
                : new ConfigCheck($"broker {attempt.Broker}", CheckResult.Ok, "connected over mutual TLS, and let us subscribe to our replies");
            if (attempt.Excess is not { } excess)
                continue;
            yield return new ConfigCheck(
                $"{ConfigCheck.Permissions} {attempt.Broker}", excess.IsAny ? CheckResult.Warning : CheckResult.Ok,
                excess.IsAny ? Sentence(excess) : "it does not let us read others' requests and replies, or reply in a node's place");
        }
    }

    /// <summary>What we may do without need others may do as well: the broker tells nobody what its other users may.</summary>
    private static string Sentence(BrokerExcess excess)
    {
        string[] found =
        [
            .. excess.HearsRequests ? (string[])["read the requests to nodes, and so repeat them"] : [],
            .. excess.HearsReplies ? (string[])["read the replies to other callers"] : [],
            .. excess.ForgesReplies ? (string[])["reply to them in a node's place"] : [],
        ];
        return $"the broker lets us {string.Join(", ", found)}; whoever else has a certificate may be able to do the same: restrict its users";
    }

    /// <param name="Problem">Why there is no connection; null where there is.</param>
    /// <param name="Excess">Null where there is no connection.</param>
    private sealed record Attempt(string Broker, string? Problem, BrokerExcess? Excess = null);
}
