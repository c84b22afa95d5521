using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>The audit log as people and programs read it.</summary>
public sealed class AuditCommandTests : HostedTests
{
    private static readonly AuditEntry First = new(
        1, Sample.At(0), "alice", "socket", AccessVerb.Run, AuditResult.Allowed, "staging", "k7m2p9xa", null, null, "/etc/policy:3");

    private static readonly AuditEntry Second = new(
        2, Sample.At(60), "eve\u001b[31m", "192.0.2.1", AccessVerb.Cancel, AuditResult.Denied, null, null, null, "no line", null, 1200, Sample.At(1));

    [Fact]
    public async Task The_newest_entry_is_the_last_and_nothing_in_it_commands_the_terminal()
    {
        Answer(HostApi.AuditPage(2, new AuditFilter()), new AuditPage([Second, First], 1));
        var ran = await Cli.RunAsync("audit", "--limit", "2");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Matches("^ +1 .* alice .*allowed +run +staging +k7m2p9xa +socket +/etc/policy:3$", ran.Lines[1]);
        Assert.Matches(@"^ +2 .* eve.*31m +denied +cancel +192\.0\.2\.1 +1,200 times; no line$", ran.Lines[2]);
        Assert.DoesNotContain('\u001b', ran.Out);
        Assert.Equal("Older entries are not shown: add --limit N or --all", ran.Lines[^1]);
    }

    [Fact]
    public async Task Programs_get_an_entry_a_line_from_a_number_on_through_all_pages()
    {
        Answer(HostApi.AuditPage(1000, new AuditFilter(), after: 0), new AuditPage([First], 1));
        Answer(HostApi.AuditPage(1000, new AuditFilter(), after: 1), new AuditPage([Second], null));
        var ran = await Cli.RunAsync("audit", "--after", "0", "--output", "jsonl");

        Assert.Equal([First, Second], ran.Lines.Select(l => JsonSerializer.Deserialize(l, MessagesJson.Default.AuditEntry)));
    }

    [Fact]
    public async Task Filters_are_the_host_s()
    {
        var filter = new AuditFilter("a*", AccessVerb.Run, "k7m2p9xa", AuditResult.Denied);
        Answer(HostApi.AuditPage(7, filter), new AuditPage([], null));
        var ran = await Cli.RunAsync(
            "audit", "--caller", "a*", "--verb", "run", "--deployment", "k7m2p9xa", "--result", "denied", "--limit", "7");

        Assert.Equal((0, "No entries of the audit log match.\n", ""), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Theory]
    [InlineData("--limit cannot be combined with --all or --after: use one of them", "--limit", "1", "--all")]
    [InlineData("--after: \"x\" is not the number of an entry (0 or more)", "--after", "x")]
    [InlineData("--result must be one of allowed, denied, failed, not \"maybe\"", "--result", "maybe")]
    public async Task What_cannot_be_meant_is_a_usage_error(string sentence, params string[] options)
    {
        var ran = await Cli.RunAsync(["audit", .. options]);
        Assert.Equal((2, $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Error));
    }

    private void Answer(string path, AuditPage page) => Host.Answer("GET", path, 200, page, MessagesJson.Default.AuditPage);
}
