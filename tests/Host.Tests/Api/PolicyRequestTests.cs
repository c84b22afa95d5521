using System.Text;
using System.Text.Json;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Tests.Api;

/// <summary>What a host says of its policy, and of files that could be one.</summary>
public sealed class PolicyRequestTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("policy").FullName;
    private TestHost _host = null!;

    private string Path => System.IO.Path.Combine(_folder, "policy");

    public async Task InitializeAsync()
    {
        File.WriteAllText(
            Path,
            """
            # for tests
            group deployers  alice, choria=bob.mcollective
            allow @deployers run staging * *        # all of it
            allow @deployers run production Shop* web*.example.net
            deny  mallory    *   * * *
            allow carol      config * * *
            allow deployers  show * * *
            """);
        _host = await TestHost.StartAsync(settings => settings with { Policy = Path });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_rules_in_force_are_told_with_their_lines()
    {
        var view = (await _host.GetAsync(HostApi.Policy)).Read(MessagesJson.Default.PolicyView);

        Assert.Equal((Path, _host.Time.GetUtcNow(), 64), (view.File, view.Since, view.Sha256!.Length));
        Assert.Equal(
            [
                "2 group deployers alice, choria=bob.mcollective", "3 allow @deployers run staging * *",
                "4 allow @deployers run production Shop* web*.example.net", "5 deny mallory * * * *", "6 allow carol config * * *",
                "7 allow deployers show * * *",
            ],
            view.Lines.Select(l => $"{l.Line} {l.Text}"));
        Assert.Equal($"{Path}:7: \"deployers\" stands for this name itself: for the group write @deployers", Assert.Single(view.Warnings));
        Assert.Empty(view.Refused);
        Assert.Null(view.RefusedAt);
    }

    [Fact]
    public async Task A_file_that_cannot_be_used_is_told_with_the_rules_that_stay()
    {
        File.WriteAllText(Path, "alow * * * * *\n");
        _host.Time.Advance(Orchestrator.Host.Access.PolicyFile.Period);
        _host.Time.Advance(Orchestrator.Host.Access.PolicyFile.Period);
        var view = (await _host.GetAsync(HostApi.Policy)).Read(MessagesJson.Default.PolicyView);

        Assert.Equal(6, view.Lines.Length);
        Assert.Equal($"{Path}:1: \"alow\" begins no line: use allow, deny or group; did you mean allow?", Assert.Single(view.Refused));
        Assert.Equal(_host.Time.GetUtcNow(), view.RefusedAt);
    }

    [Theory]
    [InlineData(
        """{"caller":"alice","verb":"run","environment":"staging"}""", true, 3,
        "alice may use run in environment staging: allowed by POLICY:3")]
    [InlineData(
        """{"caller":"alice/ci","verb":"run","environment":"production","application":"Shop[eu]","node":"web1.example.net"}""", true, 4,
        "alice/ci may use run in environment production: allowed by POLICY:4")]
    [InlineData(
        """{"caller":"alice","verb":"run","environment":"production","application":"Shop[eu]","node":"db1.example.net"}""", false, null,
        "alice may not use run in environment production on node db1.example.net of application Shop[eu]: no line of POLICY allows it")]
    [InlineData(
        """{"caller":"alice","verb":"run","environment":"production"}""", false, null,
        "alice may not use run in environment production on node * of application *: no line of POLICY allows it")]
    [InlineData("""{"caller":"alice","verb":"run"}""", false, null, "alice may not use run in environment *: no line of POLICY allows it")]
    [InlineData("""{"caller":"mallory","verb":"audit"}""", false, 5, "mallory may not use audit: denied by POLICY:5")]
    [InlineData("""{"caller":"carol","verb":"config"}""", true, 6, "carol may use config: allowed by POLICY:6")]
    [InlineData("""{"caller":"root","verb":"prune"}""", true, null, "root may use prune: the host's own user and root may do what no line denies")]
    public async Task What_the_policy_would_say_is_told_with_the_line_that_decides(string question, bool allowed, int? line, string reason)
    {
        var answer = (await _host.PostAsync(HostApi.PolicyTest, question)).Read(MessagesJson.Default.PolicyAnswer);

        Assert.Equal((allowed, line, reason.Replace("POLICY", Path, StringComparison.Ordinal)), (answer.Allowed, answer.Line?.Line, answer.Reason));
    }

    [Fact]
    public async Task The_own_user_of_the_host_is_trusted_by_name()
    {
        var own = SystemUsers.NameOf(SystemUsers.Own)!;
        var answer = await _host.PostAsync(HostApi.PolicyTest, new PolicyQuestion(own, AccessVerb.Prune), MessagesJson.Default.PolicyQuestion);

        Assert.True(answer.Read(MessagesJson.Default.PolicyAnswer).Allowed);
    }

    [Theory]
    [InlineData("""{"verb":"run"}""", "caller is missing: see docs/api.md")]
    [InlineData("""{"caller":"alice"}""", "verb is missing: use one of plan, run, show, ")]
    [InlineData("""{"caller":"alice","verb":"unknown"}""", "verb is missing: use one of plan, run, show, ")]
    [InlineData("""{"caller":"alice","verb":"fly"}""", "verb is not the expected JSON: it must be one of ")]
    [InlineData("""{"caller":"","verb":"run"}""", "caller must be a name of 1 to 1,000 characters without control characters")]
    [InlineData("""{"caller":"al\nice","verb":"run"}""", "caller must be a name of 1 to 1,000 characters without control characters")]
    [InlineData("""{"caller":"alice","verb":"run","environment":""}""", "environment must be a name of ")]
    [InlineData("""{"caller":"alice","verb":"run","application":"\u0000"}""", "application must be a name of ")]
    [InlineData("""{"caller":"alice","verb":"run","node":""}""", "node must be a name of ")]
    [InlineData("""{"caller":"alice","verb":"config","environment":"staging"}""", "config is about the whole host: omit environment, application and node")]
    [InlineData("""{"caller":"alice","verb":"run","nodes":["a"]}""", "unknown key nodes in the request body: see docs/api.md")]
    public async Task A_question_that_cannot_be_answered_is_refused(string question, string detail)
    {
        var problem = (await _host.PostAsync(HostApi.PolicyTest, question)).Problem;

        Assert.Equal(400, problem.Status);
        Assert.StartsWith(detail, problem.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_checked_and_not_taken_up()
    {
        Assert.Equal(
            (true, "", "new:3: the line is never reached: line 2 decides about everything", 2),
            Told(await CheckAsync("# new\nallow * * * * *\ndeny bob run * * *\n")));
        Assert.Equal((false, "new:1: there is no verb \"rnu\"; did you mean run?|new:2: the group ops has no members", "", 0),
            Told(await CheckAsync("allow alice rnu * * *\ngroup ops\n")));
        Assert.Equal((false, "new: it is larger than 1 MiB, the most that a policy may have", "", 0), Told(await CheckAsync(new string('#', (1 << 20) + 1))));
        Assert.Equal(6, (await _host.GetAsync(HostApi.Policy)).Read(MessagesJson.Default.PolicyView).Lines.Length);

        async Task<PolicyReview> CheckAsync(string text) => (await _host.PostAsync(
            HostApi.PolicyCheck, new PolicyFileRequest(Encoding.UTF8.GetBytes(text), "new"), MessagesJson.Default.PolicyFileRequest))
            .Read(MessagesJson.Default.PolicyReview);

        static (bool, string, string, int) Told(PolicyReview r) => (r.Usable, string.Join('|', r.Problems), string.Join('|', r.Warnings), r.Lines);
    }

    [Fact]
    public async Task A_file_without_name_has_one_in_messages_and_none_is_refused()
    {
        var review = (await _host.PostAsync(HostApi.PolicyCheck, """{"file":"eA==","name":""}""")).Read(MessagesJson.Default.PolicyReview);
        Assert.StartsWith("the policy:1: ", Assert.Single(review.Problems), StringComparison.Ordinal);
        Assert.Equal("file is missing: see docs/api.md", (await _host.PostAsync(HostApi.PolicyCheck, """{"name":"x"}""")).Problem.Detail);
    }

    [Fact]
    public async Task A_host_without_a_policy_says_so()
    {
        await using var host = await TestHost.StartAsync();
        var view = JsonDocument.Parse((await host.GetAsync(HostApi.Policy)).Text).RootElement;

        Assert.Equal((JsonValueKind.Null, JsonValueKind.Null, 0), (
            view.GetProperty("file").ValueKind, view.GetProperty("sha256").ValueKind, view.GetProperty("lines").GetArrayLength()));
        Assert.StartsWith("alice may not use run in environment *: there is no policy file, ", (await host.PostAsync(
            HostApi.PolicyTest, """{"caller":"alice","verb":"run"}""")).Read(MessagesJson.Default.PolicyAnswer).Reason, StringComparison.Ordinal);
    }
}
