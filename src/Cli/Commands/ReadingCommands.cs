using System.CommandLine;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>Commands that only read: <c>list</c>, <c>show</c>, <c>watch</c> and <c>events</c>.</summary>
internal static class ReadingCommands
{
    // While it goes on, a deployment of so many nodes is shown whole: no report tells yet what became of each.
    private const int FewNodes = 40;

    /// <summary><c>list</c>.</summary>
    public static Command List(Surroundings surroundings)
    {
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("list", "List all deployments: those that need action first, then those still running.") { output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.GetAsync(HostApi.Deployments, surroundings.Interrupted)).Good();
            if (form == Output.Json)
                surroundings.Out.WriteJson(answer.Body);
            else
                surroundings.Out.Write(DeploymentList.Lines(answer.Read(MessagesJson.Default.DeploymentLines), surroundings.Zone, surroundings.Out.TableWidth));
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary><c>show</c>.</summary>
    public static Command Show(Surroundings surroundings)
    {
        var id = IdArgument();
        var all = Choices.Flag("--all", "show every node too");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("show", "Show one deployment: its state, its nodes, and what to do next.") { id, all, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.GetAsync(HostApi.Deployment(name), surroundings.Interrupted)).Good();
            if (form == Output.Json)
            {
                surroundings.Out.WriteJson(answer.Body);
                return ExitCodes.Done;
            }
            var view = answer.Read(MessagesJson.Default.DeploymentView);
            var width = surroundings.Out.TableWidth;
            surroundings.Out.Write(ReportText.Lines(view, width, surroundings.Clock.GetUtcNow()));
            if (!view.State.IsEnd() && await IsUnfinishedAsync(host, view.Id, surroundings))
                surroundings.Out.Write(new Line(new Span($"Not running, its host has exited: orchestrator resume {view.Id} resumes it.", Tone.Odd)));
            if (!view.Nodes.IsEmpty && (parsed.GetValue(all) || (!view.State.IsEnd() && view.Nodes.Length <= FewNodes)))
                surroundings.Out.Write([Line.Empty, .. ReportText.AllNodes(view, width)]);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary><c>watch</c>.</summary>
    public static Command Watch(Surroundings surroundings)
    {
        var id = IdArgument();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command("watch", "Follow a deployment from its first event to its end, and exit with its result.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var view = (await host.GetAsync(HostApi.Deployment(name), surroundings.Interrupted)).Good().Read(MessagesJson.Default.DeploymentView);
            return await WatchedDeployment.ToTheEndAsync(host, view.Id.Value, carryOn: false, form, surroundings);
        });
        return command;
    }

    /// <summary><c>events</c>.</summary>
    public static Command Events(Surroundings surroundings)
    {
        var id = IdArgument();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command("events", "Show a deployment's history: who requested what, and what happened on which node.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.GetAsync(HostApi.Events(name), surroundings.Interrupted)).Good();
            if (form == Output.Json)
            {
                surroundings.Out.WriteJson(answer.Body);
                return ExitCodes.Done;
            }
            // One by one: an event that a newer host wrote must not hide the others.
            foreach (var element in answer.Read(CliJson.Default.JsonElement).EnumerateArray())
            {
                if (form == Output.JsonLines)
                    surroundings.Out.WriteJson(Encoding.UTF8.GetBytes(element.GetRawText()));
                else
                    surroundings.Out.Write(EventLine(element, surroundings.Zone));
            }
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary>The argument that names a deployment.</summary>
    public static Argument<string?> IdArgument() => new("ID") { Arity = ArgumentArity.ExactlyOne, Description = "the deployment's id, or a unique prefix of it" };

    /// <summary>Its value.</summary>
    public static string ReadId(ParseResult parsed, Argument<string?> id) => Choices.ReadArgument(parsed, id)!;

    private static async Task<bool> IsUnfinishedAsync(HostConnection host, DeploymentId id, Surroundings surroundings)
    {
        var status = (await host.GetAsync(HostApi.Host, surroundings.Interrupted)).Good().Read(MessagesJson.Default.HostStatus);
        return !status.Unfinished.IsDefault && status.Unfinished.Any(d => d.Id == id);
    }

    private static Line EventLine(JsonElement element, TimeZoneInfo zone)
    {
        try
        {
            return EventText.Of(element.Deserialize(MessagesJson.Default.RecordedEvent)!, zone);
        }
        catch (JsonException)
        {
            return element.GetRawText();
        }
    }
}
