using Orchestrator.Domain.Runs;
using Orchestrator.Messages.Deployments;
using static Orchestrator.Domain.Tests.Runs.GoodRun;

namespace Orchestrator.Domain.Tests.Runs;

/// <summary>What lines of a log mean, and which of them a person sees.</summary>
public sealed class RunLogTests
{
    [Theory]
    [InlineData("Applied catalog in 12.02 seconds", LogMeaning.CatalogApplied)]
    [InlineData("Could not retrieve catalog from remote server: Error 500", LogMeaning.ServerGaveNoCatalog)]
    [InlineData("Could not select a functional puppet server from server_list: 'p1.example.net,p2.example.net'", LogMeaning.ServerGaveNoCatalog)]
    [InlineData("Could not select a functional puppet master", LogMeaning.Nothing)] // a 5.5 asks the default server then
    [InlineData("Could not retrieve catalog; skipping run", LogMeaning.NoCatalog)]
    [InlineData("Not using cache on failed catalog", LogMeaning.NoCatalog)]
    [InlineData("Could not retrieve catalog from cache: x", LogMeaning.NoCatalog)]
    [InlineData("Catalog environment didn't stabilize after 10 fetches, aborting run", LogMeaning.NoCatalog)]
    [InlineData("Using cached catalog from environment 'production'", LogMeaning.CachedCatalog)]
    [InlineData("Failed to apply catalog: x", LogMeaning.ApplyFailed)]
    [InlineData("Could not run command from prerun_command: x", LogMeaning.PrerunFailed)]
    [InlineData("Could not run command from postrun_command: x", LogMeaning.PostrunFailed)]
    [InlineData("Local environment: 'a' doesn't match server specified environment 'b', restarting agent run with environment 'b'",
        LogMeaning.OtherEnvironment)]
    [InlineData("Local environment: \"a\" doesn't match server specified node environment \"b\"", LogMeaning.OtherEnvironment)]
    [InlineData("Environment 'a' not found on server, skipping initial pluginsync.", LogMeaning.NoSuchEnvironment)]
    [InlineData("Caught TERM; exiting", LogMeaning.Signalled)]
    [InlineData("Execution of Puppet::Configurer did not complete within 4 seconds and was terminated.", LogMeaning.TimedOut)]
    [InlineData("Caching catalog for dev1.example.net", LogMeaning.Nothing)]
    [InlineData("Environment is fine", LogMeaning.Nothing)]
    [InlineData("applied catalog in 12.02 seconds", LogMeaning.Nothing)]
    [InlineData("Yesterday: Applied catalog in 12.02 seconds", LogMeaning.Nothing)]
    [InlineData("", LogMeaning.Nothing)]
    public void Puppets_own_lines_mean_what_the_table_says_at_any_level_and_of_no_other_source(string text, LogMeaning meaning)
    {
        foreach (var level in new[] { "debug", "info", "notice", "warning", "err" })
        {
            Assert.Equal(meaning, RunLog.MeaningOf(Line(text, level: level)));
            Assert.Equal(LogMeaning.Nothing, RunLog.MeaningOf(Line(text, source: "Notify[x]", level: level)));
            Assert.Equal(LogMeaning.Nothing, RunLog.MeaningOf(Line(text, source: "puppet", level: level)));
        }
    }

    [Theory]
    [InlineData("/Stage[main]/Main/File[/srv]", "err", LogMeaning.GenerateFailed)]
    [InlineData("File[/srv]", "err", LogMeaning.GenerateFailed)]
    [InlineData("File[/srv]", "notice", LogMeaning.Nothing)]
    [InlineData("Puppet", "err", LogMeaning.Nothing)]
    [InlineData("Facter", "err", LogMeaning.Nothing)]
    public void A_failure_to_generate_is_a_resources_error(string source, string level, LogMeaning meaning) =>
        Assert.Equal(meaning, RunLog.MeaningOf(Line("Failed to generate additional resources using 'eval_generate': x", source, level)));

    [Fact]
    public void What_a_resource_prints_proves_nothing() =>
        Succeeded(Judge(summary: WithLines(
            Line("Using cached catalog from environment 'production'", "/Stage[main]/Main/Notify[trick]/message", "notice"),
            Line("Failed to apply catalog: no", "Exec[trick]"))));

    [Theory]
    [InlineData("/Stage[main]/Web/Exec[work]/returns", "exit 1", "Exec[work]: exit 1")]
    [InlineData("/Stage[main]/Web/File[/srv/[a]]/ensure", "denied", "File[/srv/[a]]: denied")]
    [InlineData("/Stage[main]/Db/Service[mysqld]/ensure", "Could not start Service[mysqld]", "Could not start Service[mysqld]")]
    [InlineData("Puppet", "Could not do it", "Could not do it")]
    [InlineData("[", "odd", "[: odd")]
    [InlineData("]a[", "odd", "]a[: odd")]
    public void A_line_names_the_resource_that_spoke(string source, string text, string expected) =>
        Assert.Equal(expected, RunLog.Describe(Line(text, source), 200));

    [Fact]
    public void All_errors_are_kept_whole_the_runs_own_first_each_once()
    {
        var lines = Enumerable.Range(1, 8).Select(n => Line($"error {n} " + new string('x', 400), "/Stage[main]/Web/Exec[w]/returns")).ToList();
        lines.Insert(0, Line("Facter is loud", "Facter"));
        lines.Insert(1, Line("something else", "mount.nfs"));
        lines.Insert(3, lines[2]);
        var verdict = Judge(summary: WithLines([.. lines]));

        Succeeded(verdict);
        var whole = new string('x', 400);
        Assert.Equal(
            "error 1, error 2, error 3, error 4, error 5, error 6, error 7, error 8, something else",
            string.Join(", ", verdict.ErrorLines).Replace($" {whole}", "", StringComparison.Ordinal).Replace("Exec[w]: ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void What_a_node_says_of_one_attempt_is_kept_up_to_16_kib_and_then_cut_in_its_middle()
    {
        var whole = $"Error 500 on SERVER: {new string('x', 9000)} on node dev4.example.net";
        Assert.Equal(whole, Assert.Single(Judge(summary: WithLines(Line(whole))).ErrorLines));

        var many = Judge(summary: WithLines([.. Enumerable.Range(1, 100).Select(n => Line($"error {n} " + new string('x', 400)))])).ErrorLines;
        Assert.InRange(many.Sum(l => l.Length), 14 << 10, 16 << 10);
        Assert.StartsWith("error 1 x", many[0], StringComparison.Ordinal);
        Assert.StartsWith("error 100 x", many[^1], StringComparison.Ordinal);
        Assert.Contains(many, l => l.EndsWith(" more lines]", StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_of_a_log_of_another_time_are_not_shown()
    {
        var verdict = Judge(summary: WithLines(Line("old trouble", "Exec[a]"), Line("older", time: 3)));

        Lacks(verdict, Outcome.FailedUnproven, 8);
        Assert.Empty(verdict.ErrorLines);
    }

    [Theory]
    [InlineData("Local environment: 'a' doesn't match server specified environment 'b', restarting agent run with environment 'b'", "b")]
    [InlineData("Local environment: 'a' doesn't match server specified environment 'b", null)]
    [InlineData("Local environment: \"a\" doesn't match server specified node environment \"b\", switching agent to \"b\".", "b")]
    [InlineData("Local environment: 'a' doesn't match server specified nothing", null)]
    [InlineData("Local environment: 'a' doesn't match server specified ", null)]
    [InlineData("Environment 'a' not found on server", null)]
    public void The_environment_that_the_server_chose_is_read_from_the_line(string text, string? environment) =>
        Assert.Equal(environment, RunLog.ChosenEnvironment(Line(text)));
}
