using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>Tokens as people make, see and revoke them.</summary>
public sealed class TokenCommandTests : HostedTests
{
    private static readonly TokenView Token = new(
        "k7m2p9xaq4", "ci", "alice", "alice/ci", [AccessVerb.Plan, AccessVerb.Run], ["staging"], Sample.At(0), DateTimeOffset.MaxValue);

    [Fact]
    public async Task A_token_is_all_of_standard_output_and_what_is_to_be_known_stands_beside_it()
    {
        Host.Answer("POST", HostApi.Tokens, 201, new TokenCreated(Token, "orchestrator_k7m2p9xaq4_00"), MessagesJson.Default.TokenCreated);
        var ran = await Cli.RunAsync("token", "create", "ci", "--verbs", "plan,run", "--environment", "staging,qa*", "--expires", "90d");

        Assert.Equal((0, "orchestrator_k7m2p9xaq4_00\n"), (ran.ExitCode, ran.Out));
        Assert.Matches("^Token alice/ci \\(k7m2p9xaq4\\) for plan,run in staging, until .*\nIt is not shown again: .*\n$", ran.Error);
        var asked = JsonSerializer.Deserialize(Host.Requests.Last().Body, MessagesJson.Default.TokenRequest)!;
        Assert.Equal(("ci", TimeSpan.FromDays(90)), (asked.Name, asked.Expires));
        Assert.Equal((AccessVerb[])[AccessVerb.Plan, AccessVerb.Run], asked.Verbs);
        Assert.Equal((string[])["staging", "qa*"], asked.Environments!.Value);
    }

    [Fact]
    public async Task The_list_says_which_are_good()
    {
        Listed(
            Token, Token with { Id = "b", Caller = "bob/x", RevokedAt = Sample.At(1), RevokedBy = "root" },
            Token with { Id = "c", Caller = "eve/x", ExpiresAt = Sample.At(0), Environments = [] });
        var ran = await Cli.RunAsync("token", "list");

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.Matches("^k7m2p9xaq4 +alice/ci +good .* never .* staging +plan,run$", ran.Lines[1]);
        Assert.Matches("^b +bob/x +revoked by root ", ran.Lines[2]);
        Assert.Matches("^c +eve/x +expired .* all environments ", ran.Lines[3]);
    }

    [Theory]
    [InlineData("ci")]
    [InlineData("alice/ci")]
    [InlineData("k7m2p9xaq4")]
    public async Task A_token_is_revoked_by_name_caller_or_id(string word)
    {
        Listed(Token with { Id = "old", RevokedAt = Sample.At(1) }, Token);
        Host.Answer("POST", HostApi.RevokeToken(Token.Id), 200, Token with { RevokedAt = Sample.At(2) }, MessagesJson.Default.TokenView);
        var ran = await Cli.RunAsync("token", "revoke", word);

        Assert.Equal((0, "The token alice/ci (k7m2p9xaq4) is revoked.\n", ""), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Fact]
    public async Task Of_several_with_a_name_none_is_revoked()
    {
        Listed(Token, Token with { Id = "other", Caller = "bob/ci" });
        var ran = await Cli.RunAsync("token", "revoke", "ci");

        Assert.Equal(
            (2, "orchestrator: several tokens are called \"ci\": name one by its id, k7m2p9xaq4 (alice/ci) or other (bob/ci)\n"), (ran.ExitCode, ran.Error));
        Assert.DoesNotContain(Host.Requests, r => r.Method == "POST");
    }

    [Theory]
    [InlineData("--verbs is missing: say what the token is for, such as --verbs plan,run", "create", "ci", "--expires", "1d")]
    [InlineData("--expires is missing: say how long the token is good for, such as --expires 90d", "create", "ci", "--verbs", "run")]
    [InlineData("--verbs: unknown \"rnu\", did you mean run?", "create", "ci", "--verbs", "rnu", "--expires", "1d")]
    [InlineData("there is no token \"x\" that could be revoked; see orchestrator token list", "revoke", "x")]
    public async Task What_cannot_be_meant_is_a_usage_error(string sentence, params string[] words)
    {
        Listed();
        var ran = await Cli.RunAsync(["token", .. words]);
        Assert.Equal((2, $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Error));
    }

    private void Listed(params TokenView[] tokens) =>
        Host.Answer("GET", HostApi.Tokens, 200, [.. tokens], MessagesJson.Default.ImmutableArrayTokenView);
}
