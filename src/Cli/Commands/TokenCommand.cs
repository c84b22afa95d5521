using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>token</c>: what programs prove themselves with.</summary>
internal static class TokenCommand
{
    /// <summary>A token neither creates nor revokes one.</summary>
    private static readonly string[] Verbs = [.. AccessVerbs.All.Where(v => v != AccessVerb.Token).Select(v => v.Word())];

    public static Command Build(CommandContext context) =>
        new("token", "Create, list and revoke tokens, with which programs use the host in your name.") { Create(context), List(context), Revoke(context) };

    private static Command Create(CommandContext context)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ExactlyOne, Description = "what to call it, such as ci" };
        var verbs = Choices.List("--verbs", "VERBS", "what it is for, such as plan,run; never more than you may do yourself");
        verbs.CompletionSources.Add(Verbs);
        var environment = Choices.List("--environment", "ENVS", "only for these Puppet environments; * and ? match any characters and one [default: all]");
        var expires = Choices.Value("--expires", "AGE", "how long it is good for, such as 90d or 12h");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("create", "Create a token. It is printed once, and cannot be shown again.") { name, verbs, environment, expires, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var words = Choices.ReadWords(parsed, verbs, Verbs)
                ?? throw Choices.Usage("--verbs is missing: say what the token is for, such as --verbs plan,run");
            var life = Choices.ReadText(parsed, expires) is { } text
                ? Times.TryParseAge(text, out var read, out var problem) ? read : throw Choices.Usage($"{expires.Name}: {problem}")
                : throw Choices.Usage("--expires is missing: say how long the token is good for, such as --expires 90d");
            var request = new TokenRequest(
                Choices.ReadArgument(parsed, name)!, [.. words.Select(w => AccessVerbs.Find(w)!.Value)], life,
                Choices.ReadValues(parsed, environment) is { } environments ? [.. environments] : null);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.CreateTokenAsync(request, context.Interrupted);
            var created = answer.Value;
            // The token alone, for TOKEN=$(...).
            if (form == Output.Text)
                context.Error.Write(TokenText.Created(created.Token, context.Zone));
            return context.End(ExitCodes.Done, form, answer, () => [new Line(new Span(created.Secret))]);
        });
        return command;
    }

    private static Command List(CommandContext context)
    {
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("list", "List your tokens; for the host's own user and root those of everybody.") { output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(context);
            var answer = await host.Client.GetTokensAsync(context.Interrupted);
            var tokens = answer.Value;
            return context.End(
                ExitCodes.Done, form, answer, () => TokenText.Lines(tokens, context.Clock.GetUtcNow(), context.Zone, context.Out.TableWidth));
        });
        return command;
    }

    private static Command Revoke(CommandContext context)
    {
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ExactlyOne, Description = "the token's name, its caller's name or its id" };
        var output = Choices.OutputOption(withLines: false);
        var command = new Command("revoke", "Revoke a token: the host knows it no more, from the next request on.") { name, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var word = Choices.ReadArgument(parsed, name)!;
            using var host = await HostConnection.OpenAsync(context);
            var tokens = (await host.Client.GetTokensAsync(context.Interrupted)).Value;
            var token = Find(tokens, word, context.Clock.GetUtcNow());
            var answer = await host.Client.RevokeTokenAsync(token.Id, context.Interrupted);
            return context.End(ExitCodes.Done, form, answer, () => [$"The token {token.Caller} ({token.Id}) is revoked."]);
        });
        return command;
    }

    /// <summary>The one that is meant: of those with a name only one that is still good.</summary>
    private static TokenView Find(ImmutableArray<TokenView> tokens, string word, DateTimeOffset now)
    {
        if (tokens.FirstOrDefault(t => t.Id == word) is { } exact)
            return exact;
        return tokens.Where(t => (t.Name == word || t.Caller == word) && t.RevokedAt is null && t.ExpiresAt > now).ToList() switch
        {
            [var one] => one,
            [] => throw Choices.Usage($"there is no token {Phrases.Quote(word)} that could be revoked; see orchestrator token list"),
            var several => throw Choices.Usage(
                $"several tokens are called {Phrases.Quote(word)}: name one by its id, {Phrases.List([.. several.Select(t => $"{t.Id} ({t.Caller})")], "or")}"),
        };
    }
}
