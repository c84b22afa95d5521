using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>prune</c>: moves old histories out of the journal into files, and gives their space back.</summary>
internal static class PruneCommand
{
    public static Command Build(CommandContext context)
    {
        var olderThan = Choices.Value("--older-than", "AGE", "prune deployments that ended longer ago, such as 90d or 12h");
        var exportTo = Choices.Value("--export-to", "FOLDER", "write each history to FOLDER/ID.jsonl before it is deleted");
        var exported = Choices.Value("--exported", "FOLDER", "delete only what FOLDER/ID.jsonl holds already, as export wrote it");
        var dryRun = Choices.Flag("--dry-run", "only list what would be pruned");
        var yes = Choices.Flag("--yes", "prune without asking");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "prune",
            "Delete old deployments from the journal after exporting them, and reclaim the space. Deployments that still run or hold nodes stay. "
            + "import brings an exported one back, to be read.") { olderThan, exportTo, exported, dryRun, yes, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var age = Choices.ReadText(parsed, olderThan) is { } text
                ? Times.TryParseAge(text, out var read, out var problem) ? read : throw Choices.Usage($"{olderThan.Name}: {problem}")
                : throw Choices.Usage("--older-than is missing: say how long ago, such as --older-than 90d");
            var (target, holds) = (Choices.ReadText(parsed, exportTo), Choices.ReadText(parsed, exported));
            if (target is not null && holds is not null)
                throw Choices.Usage("--export-to and --exported cannot be combined: use one of them");
            var folder = target ?? holds ?? throw Choices.Usage(
                "--export-to is missing: name a folder, to which each history is written before it is deleted; or, with --exported, one that has them");
            var request = new PruneRequest(age, Path.GetFullPath(folder), DryRun: true, Exported: holds is not null);
            using var host = await HostConnection.OpenAsync(context);
            if (!parsed.GetValue(dryRun))
            {
                if (!parsed.GetValue(yes))
                {
                    var found = (await host.Client.PruneAsync(request, context.Interrupted)).Value;
                    if (!found.Deployments.IsEmpty)
                        await Prompt.AskAsync(context, context.Error, PruneText.Consequences(found, request), "prune them");
                    await host.EnsureHostAsync(context.Interrupted);
                }
                request = request with { DryRun = false };
            }
            var answer = await host.Client.PruneAsync(request, context.Interrupted);
            var pruned = answer.Value;
            return context.End(
                pruned.Left.IsEmpty ? ExitCodes.Done : ExitCodes.Failed, form, answer,
                () => PruneText.Of(pruned, request, context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth));
        });
        return command;
    }
}
