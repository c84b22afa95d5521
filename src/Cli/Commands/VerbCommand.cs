using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Client.Texts;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>What commands that send a verb share. A verb is answered at once: what follows from it is seen by <c>watch</c>.</summary>
internal static class VerbCommand
{
    /// <summary>Tells that a verb was done.</summary>
    public static int End(HostAnswer<VerbDone> answer, Output form, CommandContext context) =>
        context.End(ExitCodes.Done, form, answer, () => [Done(answer.Value)]);

    public static Line Done(VerbDone done) => $"deployment {done.Id}: {done.Message}";

    /// <summary>Asks a person whether a verb is meant, and says for which deployment; returns where it is.</summary>
    public static async Task ConfirmAsync(HostConnection host, string id, VerbConsequences consequences, CommandContext context)
    {
        // Its line: that is there also where its history cannot be read.
        var line = (await host.Client.GetLineAsync(id, context.Interrupted)).Value;
        var attention = line.Attention is { } reason ? $" ({reason})" : "";
        string[] known =
        [
            $"Deployment {line.Id} of {Phrases.Count(line.NodeCount, "node")} in {line.Environment}: {line.State.Word()}{attention}.",
            .. consequences.Consequences,
        ];
        await Prompt.AskAsync(context, context.Error, known, consequences.Action);
        // A person may have thought for longer than a host stays that nobody asks anything.
        await host.EnsureHostAsync(context.Interrupted);
    }

    /// <summary>
    /// The same where the verb is about nodes that the host must count: asked only where it would be taken, so that nobody confirms what is refused then.
    /// </summary>
    public static async Task ConfirmAsync(HostConnection host, string id, Verb verb, VerbRequest request, CommandContext context)
    {
        var view = (await host.Client.GetDeploymentAsync(id, context.Interrupted)).Value;
        if (VerbConsequences.Of(view, verb, request) is not var (consequences, what))
            return;
        string[] known = [$"Deployment {view.Id} of {Phrases.Count(view.Nodes.Length, "node")} in {view.Environment}: {view.State.Word()}.", .. consequences];
        await Prompt.AskAsync(context, context.Error, known, what);
        // A person may have thought for longer than a host stays that nobody asks anything.
        await host.EnsureHostAsync(context.Interrupted);
    }

    public static Argument<string?> NodeArgument(ArgumentArity arity, string description) => new("NODE") { Arity = arity, Description = description };

    public static Command Build(
        Verb verb, string description, CommandContext context, Func<ParseResult, VerbRequest> request, params Symbol[] more) =>
        Build(verb, description, context, parsed =>
        {
            var read = request(parsed);
            return (_, _) => Task.FromResult(read);
        }, more);

    /// <param name="request">Reads the command line, before a host is asked anything; what it returns may ask the host, and a person.</param>
    public static Command Build(
        Verb verb, string description, CommandContext surroundings, Func<ParseResult, Func<HostConnection, string, Task<VerbRequest>>> request,
        params Symbol[] more)
    {
        var id = Choices.IdArgument();
        var quiet = Choices.QuietOption();
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(verb.Word(), description) { id };
        foreach (var argument in more.OfType<Argument>())
            command.Add(argument);
        foreach (var option in more.OfType<Option>().Append(quiet).Append(output))
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var context = Choices.ReadQuiet(parsed, quiet, form, surroundings);
            var name = Choices.ReadId(parsed, id);
            var read = request(parsed);
            using var host = await HostConnection.OpenAsync(context);
            return End(await host.SendAsync(name, verb, await read(host, name)), form, context);
        });
        return command;
    }
}
