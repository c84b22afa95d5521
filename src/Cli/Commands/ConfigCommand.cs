using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>config</c>: every setting of a fleet with its source, and whether a connection would work.</summary>
internal static class ConfigCommand
{
    /// <summary>The command.</summary>
    public static Command Build(Surroundings surroundings)
    {
        var fleet = FleetOption("the fleet to look at");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("config", "Show how a fleet is reached: every setting and where it comes from, then checks up to its brokers, each with what to do.") { fleet, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = Choices.ReadText(parsed, fleet);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.PostAsync(HostApi.Config, RealFleet(name, surroundings), MessagesJson.Plain.FleetChoice, surroundings.Interrupted)).Good();
            var view = answer.Read(MessagesJson.Default.ConfigView);
            if (form == Output.Json)
                surroundings.Out.WriteJson(answer.Body);
            else
                surroundings.Out.Write(ConfigReport.Lines(view, surroundings.Out.TableWidth));
            return view.Works ? ExitCodes.Done : ExitCodes.Unreachable;
        });
        return command;
    }

    /// <summary>A configured fleet as this command's environment means it; null for the default one.</summary>
    public static FleetChoice RealFleet(string? name, Surroundings surroundings) => new(false, null, null, name, FleetVariables.Of(surroundings.Variable));

    /// <summary><c>--fleet</c>.</summary>
    public static Option<string?> FleetOption(string what) => Choices.Value("--fleet", "NAME", $"{what}, by its name in the configuration [default: the configuration's default-fleet]");
}
