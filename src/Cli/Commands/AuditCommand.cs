using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>audit</c>: who did what, and who was not let.</summary>
internal static class AuditCommand
{
    private const int Usual = 50;
    private static readonly string[] Verbs = [.. AccessVerbs.All.Select(v => v.Word())];

    public static Command Build(CommandContext context)
    {
        var caller = Choices.Value("--caller", "CALLER", "only what this caller did, or callers by a pattern; a person's tokens too");
        var verb = Choices.Value("--verb", "VERB", "only this verb, such as run or approve");
        verb.CompletionSources.Add(Verbs);
        var deployment = Choices.Value("--deployment", "ID", "only what is about the deployment of this whole id");
        var result = Choices.Value("--result", string.Join('|', AuditResults.Words), "only what was allowed, was denied, or failed afterwards");
        result.CompletionSources.Add([.. AuditResults.Words]);
        var since = Choices.Value("--since", "TIME", "only what was since: an age such as 12h or 7d, or a date such as 2026-01-31");
        var limit = Choices.Value("--limit", "N", $"show the newest N entries [default: {Usual}]");
        var all = Choices.Flag("--all", "show all entries");
        var after = Choices.Value("--after", "NUMBER", "show all entries after the one of this number, for programs that collect them");
        var output = Choices.OutputOption("text for people, json for one document, jsonl for one entry per line [default: text]", "text", "json", "jsonl");
        var command = new Command("audit", "Show the audit log: who did what on the host, and who was denied what. The newest entry is the last.")
        {
            caller, verb, deployment, result, since, limit, all, after, output,
        };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var from = ReadNumber(parsed, after);
            var most = Choices.ReadNumber(parsed, limit, "a number of entries");
            if (most is not null && (from is not null || parsed.GetValue(all)))
                throw Choices.Usage("--limit cannot be combined with --all or --after: use one of them");
            var filter = new AuditFilter(
                Choices.ReadText(parsed, caller), Choices.ReadWord(parsed, verb, Verbs) is { } word ? AccessVerbs.Find(word) : null,
                Choices.ReadText(parsed, deployment), Choices.ReadWord(parsed, result, [.. AuditResults.Words]) is { } end ? AuditResults.Find(end) : null,
                Choices.ReadSince(parsed, since, context));
            using var host = await HostConnection.OpenAsync(context);
            var (entries, isWhole) = await ReadAsync(
                host, from is not null || parsed.GetValue(all) ? int.MaxValue : most ?? Usual, filter, from, context.Interrupted);
            if (form == Output.JsonLines)
            {
                return Ending.Say(() =>
                {
                    foreach (var entry in entries)
                        context.Out.WriteJson(Encoding.UTF8.GetBytes(entry.GetRawText()));
                }, ExitCodes.Done);
            }
            return context.End(ExitCodes.Done, form, CliJson.Listed(entries), () => AuditText.Lines(
                [.. entries.Select(e => CliJson.Read(e, MessagesJson.Default.AuditEntry))], isWhole, filter == new AuditFilter(), context.Zone,
                context.Out.TableWidth));
        });
        return command;
    }

    private static long? ReadNumber(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) switch
    {
        null => null,
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => number,
        var other => throw Choices.Usage($"{option.Name}: \"{other}\" is not the number of an entry (0 or more)"),
    };

    /// <summary>The oldest first, in as many pages as it takes.</summary>
    /// <returns>Also whether there are no older ones.</returns>
    private static async Task<(ImmutableArray<JsonElement> Entries, bool IsWhole)> ReadAsync(
        HostConnection host, int most, AuditFilter filter, long? after, CancellationToken cancellationToken)
    {
        var read = new List<JsonElement>();
        for (long? next = null; ;)
        {
            var size = Math.Min(most - read.Count, HostApi.LargestPage);
            var answer = after is null
                ? await host.Client.GetAuditAsync(size, filter, before: next, cancellationToken: cancellationToken)
                : await host.Client.GetAuditAsync(size, filter, after: next ?? after, cancellationToken: cancellationToken);
            var page = answer.ReadAs(CliJson.Default.AuditedPage);
            read.AddRange(page.Entries);
            next = page.Next;
            if (next is not null && read.Count < most)
                continue;
            if (after is null)
                read.Reverse();
            return ([.. read], next is null);
        }
    }
}
