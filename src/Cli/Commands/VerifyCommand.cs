using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>verify</c>: whether a journal, or a copy of one, is whole and each history in it makes sense.</summary>
internal static class VerifyCommand
{
    public static Command Build(CommandContext context)
    {
        var file = new Argument<string?>("JOURNAL")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "a copy of a journal, with its -wal file beside it if it has one [default: the journal of your host]",
        };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "verify",
            "Replay every history in the journal and report what breaks a rule, with the event's number. Changes nothing; works while a host is running, "
            + "and with a journal that a host refuses.") { file, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            string[] what = Choices.ReadArgument(parsed, file) is { } copy
                ? ["verify-copy", Path.GetFullPath(copy)]
                : ["verify", JournalProgram.JournalOf(context)];
            using var json = new MemoryStream();
            await JournalProgram.ReadAsync(context, json, what);
            var review = CliJson.Read(json.ToArray(), MessagesJson.Default.JournalReview);
            return context.End(
                review.Findings.IsEmpty ? ExitCodes.Done : ExitCodes.Failed, form, json.ToArray(), () => JournalText.Of(review, context.Out.TableWidth));
        });
        return command;
    }
}
