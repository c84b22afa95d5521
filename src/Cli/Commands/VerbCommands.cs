using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>Verbs on a deployment: <c>cancel</c>, <c>release</c>, and <c>resume</c> on all that are unfinished.</summary>
internal static class VerbCommands
{
    /// <summary><c>cancel</c>.</summary>
    public static Command Cancel(Surroundings surroundings)
    {
        var id = ReadingCommands.IdArgument();
        var release = Choices.Flag("--release", "enable all nodes at the end, whatever the failure policy");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("cancel", "Stop a deployment: nothing new starts, what runs is awaited, then the failure policy.") { id, release, output };
        command.SetAction((parsed, _) =>
            SendAsync("cancel", ReadingCommands.ReadId(parsed, id), new VerbRequest(surroundings.Caller, parsed.GetValue(release)), Choices.ReadOutput(parsed, output), surroundings));
        return command;
    }

    /// <summary><c>release</c>.</summary>
    public static Command Release(Surroundings surroundings)
    {
        var id = ReadingCommands.IdArgument();
        var node = new Argument<string?>("NODE") { Arity = ArgumentArity.ZeroOrOne, Description = "only this node [default: all]" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("release", "Enable the nodes that a stopped deployment still holds. Each node's own Puppet then applies what the server serves.") { id, node, output };
        command.SetAction((parsed, _) =>
        {
            NodeName? only = Choices.ReadArgument(parsed, node) is { } name ? NodeName.From(name) : null;
            return SendAsync("release", ReadingCommands.ReadId(parsed, id), new VerbRequest(surroundings.Caller, Node: only), Choices.ReadOutput(parsed, output), surroundings);
        });
        return command;
    }

    /// <summary><c>resume</c>.</summary>
    public static Command Resume(Surroundings surroundings)
    {
        var id = new Argument<string?>("ID") { Arity = ArgumentArity.ZeroOrOne, Description = "only this deployment and those that it waits for [default: all]" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("resume", "Go on with deployments that were left unfinished when their host ended.") { id, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var only = Choices.ReadArgument(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var answer = (await host.PostAsync(only is null ? HostApi.Resume : HostApi.ResumeOne(only), surroundings.Interrupted)).Good();
            if (form == Output.Json)
            {
                surroundings.Out.WriteJson(answer.Body);
                return ExitCodes.Done;
            }
            var taken = answer.Read(MessagesJson.Default.DeploymentLines);
            if (!taken.IsDefaultOrEmpty)
                surroundings.Out.Write(["Taken up again:", .. DeploymentList.Lines(taken, surroundings.Zone, surroundings.Out.TableWidth)]);
            if (only is null)
                return await TellLeftOversAsync(host, taken.IsDefaultOrEmpty, surroundings);
            if (taken.IsDefaultOrEmpty)
                surroundings.Out.Write($"Deployment {only} goes on already.");
            return ExitCodes.Done;
        });
        return command;
    }

    // What stays unfinished is on fleets that this host does not reach.
    private static async Task<int> TellLeftOversAsync(HostConnection host, bool nothingWasTaken, Surroundings surroundings)
    {
        var left = (await host.GetAsync(HostApi.Host, surroundings.Interrupted)).Good().Read(MessagesJson.Default.HostStatus).Unfinished;
        if (left.IsDefaultOrEmpty)
        {
            if (nothingWasTaken)
                surroundings.Out.Write("Nothing was left unfinished.");
            return ExitCodes.Done;
        }
        surroundings.Error.Write(left.Select(d => new Line(new Span($"Deployment {d.Id} stays unfinished: its fleet {d.Fleet} is not in the configuration.", Tone.Bad))));
        return ExitCodes.Unreachable;
    }

    private static async Task<int> SendAsync(string verb, string id, VerbRequest request, Output form, Surroundings surroundings)
    {
        using var host = await HostConnection.OpenAsync(surroundings);
        var answer = (await host.PostAsync(HostApi.Verb(id, verb), request, MessagesJson.Plain.VerbRequest, surroundings.Interrupted)).Good();
        if (form == Output.Json)
            surroundings.Out.WriteJson(answer.Body);
        else if (answer.Read(MessagesJson.Default.VerbDone) is var done)
            surroundings.Out.Write($"deployment {done.Id}: {done.Message}");
        return ExitCodes.Done;
    }
}
