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
        var retried = await state.RunAsync("retry", "rnb2fvt9");
        Assert.Equal(2, retried.ExitCode);
        Assert.Contains("emulated fleet", retried.Error, StringComparison.Ordinal);

        var verified = await state.RunAsync("verify", "--output", "json");
        Assert.Equal((0, 0), (verified.ExitCode, verified.Json().GetProperty("findings").GetArrayLength()));
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
