using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>list</c>: the newest deployments, and older ones that somebody may still have to do something about.</summary>
internal static class ListCommand
{
    private const int Usual = 20;

    private static readonly Dictionary<string, DeploymentPhase> Phases =
        Enum.GetValues<DeploymentPhase>().Where(p => p != DeploymentPhase.Unknown).ToDictionary(p => p.Word());

    private static readonly string[] States = [.. Phases.Keys];

    public static Command Build(CommandContext context)
    {
        var all = Choices.Flag("--all", "list all deployments");
        var limit = Choices.Value("--limit", "N", $"list the newest N [default: {Usual}]");
        var before = Choices.Value("--before", "ID", "list only deployments older than this one");
        var state = Choices.List("--state", "STATES", "only deployments in one of these states, such as failed or awaiting-approval");
        state.CompletionSources.Add([.. States.Select(s => s.Replace(' ', '-'))]);
        var environment = Choices.Value("--environment", "ENV", "only those planned for this Puppet environment, or running in it");
        var since = Choices.Value("--since", "TIME", "only those started since: an age such as 12h or 7d, or a date such as 2026-01-31");
        var mine = Choices.Flag("--mine", "only those that you started");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "list",
            "List the newest deployments: those that need action first, then those still running; on a terminal in reverse, so that they stand next to "
            + "the prompt. Older ones are listed too while they are unfinished or hold nodes.")
        { all, limit, before, state, environment, since, mine, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            if (parsed.GetValue(all) && parsed.GetValue(limit) is not null)
                throw Choices.Usage("--all and --limit cannot be combined: use one of them");
            var most = parsed.GetValue(all) ? int.MaxValue : ReadLimit(parsed, limit);
            var start = Choices.ReadText(parsed, before);
            var filter = new DeploymentFilter(
                [.. (Choices.ReadWords(parsed, state, States) ?? []).Select(word => Phases[word])], Choices.ReadText(parsed, environment),
                Choices.ReadSince(parsed, since, context));
            using var host = await HostConnection.OpenAsync(context);
            if (parsed.GetValue(mine))
                filter = filter with { By = host.Caller };
            var page = await ReadAsync(host, most, start, filter, context.Interrupted);
            var listed = page.Deployments.AddRange(page.Current);
            return context.End(ExitCodes.Done, form, CliJson.Listed(listed), () =>
            {
                var lines = listed.Select(line => CliJson.Read(line, MessagesJson.Default.DeploymentLine)).ToImmutableArray();
                var more = page.Older - page.Current.Length;
                string? rest = more <= 0 ? null
                    : $"{Phrases.Count(more, "older deployment")} {(filter.IsAll ? "not listed: orchestrator list" : "that match not listed: add")} "
                        + $"--before {page.Next} or --all";
                var none = !filter.IsAll ? "No deployments match." : start is null ? "There are no deployments yet." : "There are no older deployments.";
                var size = page.JournalBytes is { } bytes ? $"The journal takes up {JournalText.Size(bytes)} on disk." : null;
                return lines.IsEmpty
                    ? [none]
                    : DeploymentList.Lines(
                        lines, context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth, [rest, size], newestLast: context.Out.IsTerminal);
            });
        });
        return command;
    }

    private static int ReadLimit(ParseResult parsed, Option<string?> limit) => parsed.GetValue(limit) switch
    {
        null => Usual,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 => number,
        var other => throw Choices.Usage($"{limit.Name} must be a whole number above 0, not \"{other}\""),
    };

    /// <summary>As many as asked for, in as many pages as it takes; with the newest also older ones that are still current.</summary>
    private static async Task<ListedPage> ReadAsync(HostConnection host, int most, string? start, DeploymentFilter filter, CancellationToken cancellationToken)
    {
        var read = ImmutableArray.CreateBuilder<JsonElement>();
        for (var before = start; ;)
        {
            var size = Math.Min(most - read.Count, HostApi.LargestPage);
            var isLast = read.Count + size == most;
            var answer = await host.Client.GetDeploymentsAsync(size, before, isLast && start is null, withSizes: true, filter, cancellationToken);
            var page = answer.ReadAs(CliJson.Default.ListedPage);
            read.AddRange(page.Deployments);
            if (isLast || page.Next is null)
                return page with { Deployments = read.ToImmutable() };
            before = page.Next;
        }
    }
}
