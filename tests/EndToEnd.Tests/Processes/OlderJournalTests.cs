using System.Text.Json;

namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>
/// A journal that an earlier version wrote, with deployments on emulated fleets: one that succeeded, one that failed and was released, one
/// whose rollback failed too, one that was retried, one of 25 nodes with odd ones, and one whose host was killed while it ran.
/// </summary>
public sealed class OlderJournalTests
{
    [Fact]
    public async Task The_deployments_of_an_earlier_version_are_listed_and_shown_as_they_ended_and_what_was_left_unfinished_ends()
    {
        await using var state = new Sandbox();
        Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        OlderJournals.Unpack("2026-11-28", state.Journal);

        Assert.Equal(
            (0, $"The journal {state.Journal} is in order: 6 deployments, 425 events, 208.9 kB.\n", ""), await OutputAsync(state.RunAsync("verify")));
        Assert.Equal([state.Journal], Directory.GetFiles(state.Folder));

        await Until.TrueAsync(async () => States(await state.RunAsync("list", "--output", "json")).Contains("xtckqk4d abandoned 0"), "the unfinished one ends");
        Assert.Equal(
            ["c8z5dqyw succeeded 0", "hqg6utwu stuck 0", "rnb2fvt9 failed 0", "rz7ctgkz succeeded 0", "wew983jk succeeded 0", "xtckqk4d abandoned 0"],
            States(await state.RunAsync("list", "--output", "json")));

        var stuck = (await state.RunAsync("show", "hqg6utwu", "--output", "json")).Deployment();
        Assert.Equal(4, stuck.Nodes.Length);
        Assert.Contains(stuck.Nodes, n => n.Compensation is not null);
        Assert.Equal(2, (await state.RunAsync("show", "c8z5dqyw", "--output", "json")).Deployment().Attempt);
        var retried = await state.RunAsync("retry", "rnb2fvt9", "--yes");
        Assert.Equal(2, retried.ExitCode);
        Assert.Contains("emulated fleet", retried.Error, StringComparison.Ordinal);

        var verified = await state.RunAsync("verify", "--output", "json");
        Assert.Equal((0, 0), (verified.ExitCode, verified.Json().GetProperty("findings").GetArrayLength()));
    }

    [Fact]
    public async Task Histories_leave_the_journal_as_files_and_can_be_read_again()
    {
        await using var state = new Sandbox();
        Directory.CreateDirectory(state.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        OlderJournals.Unpack("2026-11-28", state.Journal);
        var exported = await state.RunAsync("export", "rnb");
        Assert.Equal((0, "", 52), (exported.ExitCode, exported.Error, exported.Output.Split('\n').Length - 1));
        Assert.Equal(
            (2, "", "orchestrator: no deployment matches \"zz\": see \"orchestrator list\"\n"), await OutputAsync(state.RunAsync("export", "zz")));

        var target = Path.Combine(state.Root, "histories");
        var listed = await state.RunAsync("prune", "--older-than", "0m", "--export-to", target, "--dry-run");
        Assert.Matches("\n\n6 deployments would be pruned. The journal has [0-9.]+ kB.\n$", listed.Output);
        Assert.Equal(
            (2, "", "orchestrator: cannot ask whether to prune them because standard input is not a terminal: add --yes to confirm\n"),
            await OutputAsync(state.RunAsync("prune", "--older-than", "0m", "--export-to", target)));
        Assert.Matches(
            $"^6 deployments pruned and written to {target}. The journal had [0-9.]+ kB and has [0-9.]+ kB.\n$",
            (await state.RunAsync("prune", "--older-than", "0m", "--export-to", target, "--yes")).Output);
        Assert.Equal("There are no deployments yet.\n", (await state.RunAsync("list")).Output);

        var file = Path.Combine(target, "rnb2fvt9.jsonl");
        Assert.Equal(exported.Output, await File.ReadAllTextAsync(file));
        var imported = await state.RunAsync("import", file);
        Assert.EndsWith("\n\nImported: orchestrator show rnb2fvt9\n", imported.Output, StringComparison.Ordinal);
        Assert.Contains("failed: resources", (await state.RunAsync("show", "rnb2fvt9")).Output, StringComparison.Ordinal);
        Assert.Equal(
            (2, "", "orchestrator: deployment rnb2fvt9 is in this journal already: \"orchestrator show rnb2fvt9\" shows it\n"),
            await OutputAsync(state.RunAsync("import", file)));
        Assert.Equal(
            (2, "", $"orchestrator: {state.Journal}: line 1: this is not an exported history\n"), await OutputAsync(state.RunAsync("import", state.Journal)));
    }

    private static async Task<(int ExitCode, string Output, string Error)> OutputAsync(Task<Ran> running) =>
        await running is var ran ? (ran.ExitCode, ran.Output, ran.Error) : default;

    private static string[] States(Ran list) =>
    [
        .. list.Json().EnumerateArray()
            .Select((JsonElement d) => $"{d.GetProperty("id").GetString()} {d.GetProperty("state").GetString()} {d.GetProperty("held").GetInt32()}")
            .Order(StringComparer.Ordinal),
    ];
}
