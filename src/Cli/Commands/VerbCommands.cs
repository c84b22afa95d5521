using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>Verbs that are answered at once: what follows from them is seen by <c>watch</c>.</summary>
internal static class VerbCommands
{
    /// <summary>What a person must know before nodes are enabled.</summary>
    public const string OwnPuppet = "an enabled node's own Puppet applies what the server serves, in no particular order";

    /// <summary><c>pause</c>.</summary>
    public static Command Pause(Surroundings surroundings) => Build(
        Verb.Pause, "Start nothing new until orchestrator resume; running nodes finish.", surroundings, (_, by) => new VerbRequest(by));

    /// <summary><c>approve</c>.</summary>
    public static Command Approve(Surroundings surroundings) => Build(
        Verb.Approve, "Approve the group that waits for approval (run --approve-groups); who approved is recorded.", surroundings, (_, by) => new VerbRequest(by));

    /// <summary><c>cancel</c>.</summary>
    public static Command Cancel(Surroundings surroundings)
    {
        var release = Choices.Flag("--release", $"enable all nodes at the end, whatever the failure policy; {OwnPuppet}");
        return Build(
            Verb.Cancel, "Stop a deployment: nothing new starts, running nodes finish, then the failure policy applies.", surroundings,
            (parsed, by) => new VerbRequest(by, parsed.GetValue(release)), release);
    }

    /// <summary><c>abandon</c>.</summary>
    public static Command Abandon(Surroundings surroundings)
    {
        var yes = Choices.Flag("--yes", "abandon it without asking");
        return Build(
            Verb.Abandon, "End a deployment at once, without waiting for running nodes: their results are lost.", surroundings,
            async (parsed, host, name) =>
            {
                if (!parsed.GetValue(yes))
                    await ConfirmAsync(host, name, Abandoned, "abandon it", surroundings);
                return new VerbRequest(surroundings.Caller);
            },
            yes);
    }

    /// <summary><c>release</c>.</summary>
    public static Command Release(Surroundings surroundings)
    {
        var id = new Argument<string?>("ID") { Arity = ArgumentArity.ZeroOrOne, Description = "the deployment's id, or a unique prefix of it" };
        var node = NodeArgument(ArgumentArity.ZeroOrOne, "only this node, even if kept by hold [default: all except those kept by hold]");
        var fromNodes = new ReleaseFromNodes();
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(WordOf(Verb.Release), $"Enable the nodes that a stopped deployment still holds. Note: {OwnPuppet}.") { id, node };
        fromNodes.AddTo(command);
        command.Add(output);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            NodeName? one = Choices.ReadArgument(parsed, node) is { } name ? NodeName.From(name) : null;
            var deployment = Choices.ReadArgument(parsed, id);
            if (fromNodes.IsAsked(parsed))
                return await fromNodes.RunAsync(parsed, deployment, one, form, surroundings);
            if (deployment is null)
                throw Choices.Usage($"{command.Name} needs {id.Name}; see orchestrator {command.Name} --help");
            using var host = await HostConnection.OpenAsync(surroundings);
            Tell(await SendAsync(host, Verb.Release, deployment, new VerbRequest(surroundings.Caller, Node: one), surroundings), form, surroundings);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <summary><c>hold</c>.</summary>
    public static Command Hold(Surroundings surroundings)
    {
        var node = NodeArgument(ArgumentArity.ExactlyOne, "the node to keep disabled");
        return Build(
            Verb.Hold, "Keep a node disabled after the deployment ends, until orchestrator release names it.", surroundings,
            (parsed, by) => new VerbRequest(by, Node: NodeName.From(Choices.ReadArgument(parsed, node)!)), node);
    }

    /// <summary>Sends a verb; throws <see cref="CommandFailedException"/> where the host refuses it.</summary>
    public static async Task<HostAnswer> SendAsync(HostConnection host, Verb verb, string id, VerbRequest request, Surroundings surroundings) =>
        (await host.PostAsync(HostApi.Verb(id, WordOf(verb)), request, MessagesJson.Plain.VerbRequest, surroundings.Interrupted)).Good();

    /// <summary>Prints what the host answered to a verb.</summary>
    public static void Tell(HostAnswer answer, Output form, Surroundings surroundings)
    {
        if (form == Output.Json)
            surroundings.Out.WriteJson(answer.Body);
        else if (answer.Read(MessagesJson.Default.VerbDone) is var done)
            surroundings.Out.Write($"deployment {done.Id}: {done.Message}");
    }

    /// <summary>Asks a person whether a verb is meant, and says for which deployment; returns where it is.</summary>
    public static async Task ConfirmAsync(HostConnection host, string id, IEnumerable<string> consequences, string what, Surroundings surroundings)
    {
        // Its line in the list: that is there also where its history cannot be read. Where there is no such line, or several, the host says so.
        var lines = (await host.GetAsync(HostApi.Deployments, surroundings.Interrupted)).Good().Read(MessagesJson.Default.DeploymentLines);
        if (lines.Where(l => l.Id.Value.StartsWith(id, StringComparison.Ordinal)).ToArray() is not [var line])
        {
            (await host.GetAsync(HostApi.Deployment(id), surroundings.Interrupted)).Good();
            throw Choices.Usage($"\"{id}\" matches no deployment in the list: try again");
        }
        var attention = line.Attention is { } reason ? $" ({reason})" : "";
        string[] known = [$"Deployment {line.Id} of {Phrases.Count(line.NodeCount, "node")} in {line.Environment}: {Words.Of(line.State)}{attention}.", .. consequences];
        await Prompt.AskAsync(surroundings, surroundings.Error, known, what);
        // A person may have thought for longer than a host stays that nobody asks anything.
        await host.EnsureHostAsync(surroundings.Interrupted);
    }

    /// <summary>The word of a verb, as the command and the host's path have it.</summary>
    public static string WordOf(Verb verb) => verb.ToString().ToLowerInvariant();

    private static IEnumerable<string> Abandoned =>
    [
        "Running nodes continue unwatched, and their results are lost. Nodes stay as they are: disabled ones until orchestrator release.",
        $"Note: {OwnPuppet}.",
    ];

    private static Argument<string?> NodeArgument(ArgumentArity arity, string description) => new("NODE") { Arity = arity, Description = description };

    private static Command Build(Verb verb, string description, Surroundings surroundings, Func<ParseResult, string, VerbRequest> request, params Symbol[] more) =>
        Build(verb, description, surroundings, (parsed, _, _) => Task.FromResult(request(parsed, surroundings.Caller)), more);

    private static Command Build(
        Verb verb, string description, Surroundings surroundings, Func<ParseResult, HostConnection, string, Task<VerbRequest>> request, params Symbol[] more)
    {
        var id = ReadingCommands.IdArgument();
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(WordOf(verb), description) { id };
        foreach (var argument in more.OfType<Argument>())
            command.Add(argument);
        foreach (var option in more.OfType<Option>().Append(output))
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var name = ReadingCommands.ReadId(parsed, id);
            using var host = await HostConnection.OpenAsync(surroundings);
            var asked = await request(parsed, host, name);
            Tell(await SendAsync(host, verb, name, asked, surroundings), form, surroundings);
            return ExitCodes.Done;
        });
        return command;
    }
}
