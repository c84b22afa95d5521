using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>config</c>: every setting of a fleet with its source, and whether a connection would work; with <c>--ping</c>, which nodes are there.</summary>
internal static class ConfigCommand
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(2);

    public static Command Build(CommandContext context)
    {
        var fleet = SiteChoices.FleetOption("the fleet to check");
        var ping = Choices.Flag("--ping", "instead, find which nodes of the fleet respond, with Choria's discovery");
        var permissions = Choices.Flag("--broker-permissions", "instead, print what nats-server must allow, for its configuration");
        var wait = Choices.Value("--wait", "TIME", "with --ping: how long to wait for answers [default: 2s]");
        var site = new Argument<string?>("SITE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "with --ping: a site whose nodes should answer; with --broker-permissions: one whose nodes are listed; - for standard input",
        };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "config", "Show how a fleet is reached: every setting and its source, then check the brokers and servers.")
        {
            site, fleet, ping, wait, permissions, output,
        };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var choice = SiteChoices.RealFleet(Choices.ReadText(parsed, fleet), context);
            var expected = Choices.ReadArgument(parsed, site);
            if (parsed.GetValue(permissions))
            {
                if (parsed.GetValue(ping))
                    throw Choices.Usage("--ping and --broker-permissions cannot be combined: use one of them");
                if (parsed.GetResult(wait) is not null)
                    throw Choices.Usage("--wait needs --ping; see orchestrator config --help");
                return await PermissionsAsync(choice, expected, form, context);
            }
            if (parsed.GetValue(ping))
                return await PingAsync(choice, expected, Choices.ReadTime(parsed, wait, DefaultWait), form, context);
            if (expected is not null || parsed.GetResult(wait) is not null)
            {
                var needs = expected is null ? "--wait needs --ping" : "SITE needs --ping or --broker-permissions";
                throw Choices.Usage($"{needs}; see orchestrator config --help");
            }
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.GetConfigAsync(choice, context.Interrupted);
            var view = answer.Value;
            return context.End(
                view.Works ? ExitCodes.Done : ExitCodes.Unreachable, form, answer, () => ConfigReport.Lines(view, context.Out.TableWidth));
        });
        return command;
    }

    private static async Task<int> PingAsync(FleetChoice fleet, string? site, TimeSpan wait, Output form, CommandContext context)
    {
        var expected = site is null ? null : await SiteChoices.ReadDocumentAsync(site, null, [], context);
        using var host = await HostConnection.OpenAsync(context);
        var answer = await host.Client.PingAsync(new PingRequest(fleet, expected, wait), context.Interrupted);
        var view = answer.Value;
        return context.End(PingReport.IsFine(view) ? ExitCodes.Done : ExitCodes.Failed, form, answer, () => PingReport.Lines(view));
    }

    private static async Task<int> PermissionsAsync(FleetChoice fleet, string? site, Output form, CommandContext context)
    {
        var nodes = site is null ? null : await SiteChoices.ReadDocumentAsync(site, null, [], context);
        using var host = await HostConnection.OpenAsync(context);
        var answer = await host.Client.GetBrokerPermissionsAsync(new BrokerPermissionsRequest(fleet, nodes), context.Interrupted);
        var view = answer.Value;
        return context.End(ExitCodes.Done, form, answer, () => BrokerPermissionsText.Lines(view));
    }
}
