using System.Buffers;
using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>list</c>: the newest deployments, and older ones that somebody may still have to do something about.</summary>
internal static class ListCommand
{
    private const int Usual = 20;

    public static Command Build(CommandContext context)
    {
        var all = Choices.Flag("--all", "list all deployments");
        var limit = Choices.Value("--limit", "N", $"list the newest N [default: {Usual}]");
        var before = Choices.Value("--before", "ID", "list only deployments older than this one");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "list",
            "List the newest deployments: those that need action first, then those still running. "
            + "Older ones are listed too while they are unfinished or hold nodes.")
        { all, limit, before, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            if (parsed.GetValue(all) && parsed.GetValue(limit) is not null)
                throw Choices.Usage("--all and --limit cannot be combined: use one of them");
            var most = parsed.GetValue(all) ? int.MaxValue : ReadLimit(parsed, limit);
            var start = Choices.ReadText(parsed, before);
            using var host = await HostConnection.OpenAsync(context);
            var page = await ReadAsync(host, most, start, context.Interrupted);
            var listed = page.Deployments.AddRange(page.Current);
            return context.End(ExitCodes.Done, form, JsonOf(listed).ToArray(), () =>
            {
                var lines = listed.Select(line => HostAnswer.Read(line, MessagesJson.Default.DeploymentLine)).ToImmutableArray();
                var list = DeploymentList.Lines(lines, context.Zone, context.Out.TableWidth, start is null);
                if (page.Older - page.Current.Length is > 0 and var more)
                    list = [.. list, "", $"{Phrases.Count(more, "older deployment")} not listed: orchestrator list --before {page.Next} or --all"];
                return !lines.IsEmpty && page.JournalBytes is { } bytes ? [.. list, "", $"The journal takes up {JournalText.Size(bytes)} on disk."] : list;
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
    private static async Task<ListedPage> ReadAsync(HostConnection host, int most, string? start, CancellationToken cancellationToken)
    {
        var read = ImmutableArray.CreateBuilder<JsonElement>();
        for (var before = start; ;)
        {
            var size = Math.Min(most - read.Count, HostApi.LargestPage);
            var isLast = read.Count + size == most;
            var path = HostApi.Page(size, before, isLast && start is null, withSizes: true);
            var page = (await host.GetAsync(path, cancellationToken)).Good().Read(CliJson.Default.ListedPage);
            read.AddRange(page.Deployments);
            if (isLast || page.Next is null)
                return page with { Deployments = read.ToImmutable() };
            before = page.Next;
        }
    }

    private static ReadOnlySpan<byte> JsonOf(ImmutableArray<JsonElement> lines)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartArray();
            // As the host wrote them: a newer one may say more.
            foreach (var line in lines)
                writer.WriteRawValue(line.GetRawText());
            writer.WriteEndArray();
        }
        return json.WrittenSpan;
    }
}
