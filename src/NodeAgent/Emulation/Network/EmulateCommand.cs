using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Security;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Fleet;
using Orchestrator.NodeAgent.Emulation.Nodes;
using Orchestrator.NodeAgent.Emulation.Scenarios;
using Orchestrator.NodeAgent.Serving;

namespace Orchestrator.NodeAgent.Emulation.Network;

/// <summary><c>orchestrator-node emulate</c>: plays nodes on a real broker until it is told to end.</summary>
public static class EmulateCommand
{
    private static readonly TimeSpan BetweenCounts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BetweenTries = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly Option<string> Nodes = new("--nodes")
    {
        Required = true,
        HelpName = "NAMES",
        Description = "the nodes' names, with ranges: dev[1-4].example.net,web[01-20].example.net",
    };

    private static readonly Option<string?> ScenarioFile =
        new("--scenario") { HelpName = "FILE", Description = "how the nodes behave (YAML); without it every node's run succeeds in 3 s" };

    private static readonly Option<string> Brokers = new("--broker")
    {
        HelpName = "HOST:PORT,...",
        DefaultValueFactory = _ => "puppet:4222",
        Description = "the brokers, tried in this order",
    };

    private static readonly Option<string> Collective =
        new("--collective") { HelpName = "NAME", DefaultValueFactory = _ => ChoriaSettings.DefaultCollective, Description = "the collective" };

    private static readonly Option<string> SslDir = new("--ssl-dir")
    {
        HelpName = "DIR",
        DefaultValueFactory = _ => "/etc/puppetlabs/puppet/ssl",
        Description = "Puppet's ssl folder, with certs/NAME.pem, private_keys/NAME.pem and certs/ca.pem",
    };

    private static readonly Option<string> CertName =
        new("--certname") { Required = true, HelpName = "NAME", Description = "the certificate for connecting to the broker; all nodes share it" };

    private static readonly Option<string[]> Allowed = new("--allow")
    {
        HelpName = "REGEX",
        DefaultValueFactory = _ => [RequestVerifier.DefaultAllowed],
        Description = "allow callers whose certificate name matches; may be repeated",
    };

    private static readonly Option<string?> Counts =
        new("--counts") { HelpName = "FILE", Description = "keep a JSON file with what each node was asked and its current state" };

    public static Command Build()
    {
        var command = new Command(
            "emulate", "Emulate any number of nodes on a real broker: they answer like Choria servers with the puppet agent, as the scenario says.")
        {
            Nodes, ScenarioFile, Brokers, Collective, SslDir, CertName, Allowed, Counts,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            await EmulateAsync(parsed, cancellationToken);
            return ExitCodes.Done;
        }
        catch (FormatException e)
        {
            return Fail(parsed, e.Message, ExitCodes.Usage);
        }
        catch (FleetUnavailableException e)
        {
            return Fail(parsed, e.Message, ExitCodes.Unreachable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail(parsed, e.Message, ExitCodes.Usage);
        }
    }

    private static async Task EmulateAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var names = IdentityPattern.Expand(parsed.GetRequiredValue(Nodes));
        var scenario = ReadScenario(parsed.GetValue(ScenarioFile));
        var settings = Settings(parsed);
        using var verifier = Verifier(settings.CertificateAuthority, parsed.GetRequiredValue(Allowed));
        await using var connection = await ConnectAsync(settings, cancellationToken);
        await using var network = await EmulatedNetwork.StartAsync(
            connection, settings.Collective, names.Select(n => new EmulatedNode(n, scenario, TimeProvider.System)),
            new RequestGate(verifier), TimeProvider.System);
        var range = names.Length > 1 ? $"{names[0]} to {names[^1]}" : $"{names[0]}";
        var brokerList = string.Join(',', settings.Brokers);
        parsed.InvocationConfiguration.Output.WriteLine(
            FormattableString.Invariant($"{names.Length:N0} nodes, {range}, are listening in the collective {settings.Collective} on {brokerList}"));

        var counts = parsed.GetValue(Counts);
        using var timer = new PeriodicTimer(BetweenCounts);
        try
        {
            do
            {
                var begun = TimeProvider.System.GetTimestamp();
                if (counts is not null)
                    CountsFile.Write(counts, network);
                // An account of very many nodes takes no more than a hundredth of the time.
                timer.Period = TimeSpan.FromTicks(Math.Max(BetweenCounts.Ticks, 100 * TimeProvider.System.GetElapsedTime(begun).Ticks));
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            if (counts is not null)
                CountsFile.Write(counts, network);
        }
    }

    /// <summary>A server of a node tries again where no broker takes it, so that it may come up before the broker; this one gives up some time.</summary>
    private static async Task<NatsConnection> ConnectAsync(ChoriaSettings settings, CancellationToken cancellationToken)
    {
        var begun = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return await BrokerConnection.OpenAsync(settings, settings.Brokers, NullLoggerFactory.Instance, cancellationToken);
            }
            catch (FleetUnavailableException) when (TimeProvider.System.GetElapsedTime(begun) < Patience)
            {
                await Task.Delay(BetweenTries, cancellationToken);
            }
        }
    }

    private static Scenario ReadScenario(string? file)
    {
        var reading = ScenarioReader.Read(file is null ? default : File.ReadAllBytes(file), file ?? "the scenario");
        return reading.Scenario ?? throw new FormatException($"the scenario cannot be used: {string.Join("; ", reading.Problems)}");
    }

    private static ChoriaSettings Settings(ParseResult parsed)
    {
        var (folder, name) = (Path.GetFullPath(parsed.GetRequiredValue(SslDir)), parsed.GetRequiredValue(CertName));
        ImmutableArray<string> brokers =
        [
            .. parsed.GetRequiredValue(Brokers).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        ];
        if (brokers.FirstOrDefault(b => !ushort.TryParse(b[(b.LastIndexOf(':') + 1)..], out _) || b.LastIndexOf(':') < 1) is { } wrong)
            throw new FormatException($"\"{wrong}\" is not a broker: write HOST:PORT, such as puppet:4222");
        var collective = parsed.GetRequiredValue(Collective);
        if (!Choria.Protocol.Subjects.IsToken(collective))
            throw new FormatException($"\"{collective}\" is not a valid collective: use letters, digits, _ and -");
        return new ChoriaSettings
        {
            Collective = collective,
            Brokers = brokers,
            CertName = name,
            Certificate = Path.Combine(folder, "certs", $"{name}.pem"),
            PrivateKey = Path.Combine(folder, "private_keys", $"{name}.pem"),
            CertificateAuthority = Path.Combine(folder, "certs", "ca.pem"),
        };
    }

    private static RequestVerifier Verifier(string authority, string[] allowed)
    {
        try
        {
            return new RequestVerifier(File.ReadAllText(authority), allowed, TimeProvider.System);
        }
        catch (CryptographicException)
        {
            throw new FormatException($"{authority} has no certificates in PEM");
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"--allow: {e.Message}");
        }
    }

    private static int Fail(ParseResult parsed, string message, int exitCode)
    {
        parsed.InvocationConfiguration.Error.WriteLine($"orchestrator-node: {message}");
        return exitCode;
    }
}
