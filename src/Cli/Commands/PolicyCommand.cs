using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>policy</c>: the rules by which a host allows and denies, what they would say to somebody, and whether a file could be used.</summary>
internal static class PolicyCommand
{
    private static readonly string[] Verbs = [.. AccessVerbs.All.Select(v => v.Word())];

    public static Command Build(CommandContext context) =>
        new("policy", "Show and test who may do what on the host.") { Show(context), Test(context), Check(context) };

    private static Command Show(CommandContext context)
    {
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("show", "Show the rules in force, and what is wrong with the policy file as it is now.") { output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.GetPolicyAsync(context.Interrupted);
            var view = answer.Value;
            return context.End(view.Refused.IsEmpty ? ExitCodes.Done : ExitCodes.Failed, form, answer, () => PolicyText.Lines(view, context.Zone));
        });
        return command;
    }

    private static Command Test(CommandContext context)
    {
        var caller = Choices.Value("--caller", "CALLER", "who would ask, such as alice, choria=alice.mcollective or alice/ci");
        var verb = Choices.Value("--verb", "VERB", $"what they would do: {string.Join(", ", Verbs)}");
        verb.CompletionSources.Add(Verbs);
        var environment = Choices.Value("--environment", "ENV", "in which environment [default: one that no line names]");
        var application = Choices.Value("--application", "NAME", "of which application, such as 'Lamp[app1]' [default: one that no line names]");
        var node = Choices.Value("--node", "NODE", "on which node [default: one that no line names]");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("test", "Show what the policy would say to somebody, and by which line. Does nothing else.")
        {
            caller, verb, environment, application, node, output,
        };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var question = new PolicyQuestion(
                Choices.ReadText(parsed, caller) ?? throw Needs(command, caller), ReadVerb(parsed, verb) ?? throw Needs(command, verb),
                Choices.ReadText(parsed, environment), Choices.ReadText(parsed, application),
                Choices.ReadText(parsed, node) is { } name ? new NodeName(name) : null);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.TestPolicyAsync(question, context.Interrupted);
            var told = answer.Value;
            return context.End(told.Allowed ? ExitCodes.Done : ExitCodes.Failed, form, answer, () => PolicyText.Lines(told));
        });
        return command;
    }

    private static Command Check(CommandContext context)
    {
        var file = new Argument<string?>("FILE") { Arity = ArgumentArity.ExactlyOne, Description = "a policy file, in its place or not" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("check", "Check a policy file: what is wrong with it, and which lines are never reached.") { file, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var path = Choices.ReadArgument(parsed, file)!;
            var bytes = await Documents.ReadFileAsync(path, "policy", Documents.LargestPolicy, context.Interrupted);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.CheckPolicyAsync(new PolicyFileRequest(bytes, path), context.Interrupted);
            var review = answer.Value;
            return review.Usable || form != Output.Text
                ? context.End(review.Usable ? ExitCodes.Done : ExitCodes.Usage, form, answer, () => PolicyText.Lines(path, review))
                : Ending.Say(() => context.Error.Write(PolicyText.Lines(path, review)), ExitCodes.Usage);
        });
        return command;
    }

    private static AccessVerb? ReadVerb(ParseResult parsed, Option<string?> option) =>
        Choices.ReadText(parsed, option) is not { } word ? null
        : AccessVerbs.Find(word) is { } verb ? verb
        : throw Choices.Usage($"{option.Name}: unknown verb \"{word}\""
            + (Nearest.Of(word, Verbs) is { } near ? $", did you mean {near}?" : $": use one of {string.Join(", ", Verbs)}"));

    private static CommandFailedException Needs(Command command, Option option) =>
        Choices.Usage($"{command.FullName()} needs {option.Name}; see orchestrator {command.FullName()} --help");
}
