using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>Which host a command asks: that of <c>--host</c>, else of <c>ORCHESTRATOR_HOST</c>, else of the configuration, else its user's own.</summary>
internal sealed class HostChoice(Func<string, string?> variable)
{
    public const string Variable = "ORCHESTRATOR_HOST";
    public const string TokenVariable = "ORCHESTRATOR_TOKEN";

    /// <summary>What <c>--host</c> says; null where it is not given.</summary>
    public string? Option { get; set; }

    /// <summary>Whether somebody else starts the host. Its settings then are not this command's.</summary>
    public bool IsElsewhere => (Option ?? Named) is not null || IsInConfiguration;

    private string? Named => variable(Variable) is { Length: > 0 } named ? named : null;

    /// <summary>Whether the configuration names a host: the line is looked for, so that a command without one need not wait until all of it is read.</summary>
    private bool IsInConfiguration
    {
        get
        {
            try
            {
                var file = variable(ConfigurationFiles.Variable) is { Length: > 0 } named ? named
                    : ConfigurationFiles.Candidates(variable).FirstOrDefault(File.Exists);
                return file is not null && File.ReadLines(file).Any(line => line.StartsWith("host", StringComparison.Ordinal));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Whoever needs the configuration says so.
                return false;
            }
        }
    }

    /// <summary>Throws <see cref="CommandFailedException"/> where it cannot be told, or a file is missing that is needed to reach it.</summary>
    public async Task<HostPlace> PlaceAsync(CommandContext context)
    {
        ClientSettings? settings = null;
        var (named, from) = Option is not null ? (Option, "--host") : (Named, Variable);
        if (named is null && IsInConfiguration)
        {
            settings = await SettingsAsync(context);
            (named, from) = (settings.Host, settings.File!);
        }
        if (named is null)
        {
            return new EmbeddedPlace(
                StateFolder.Locate(context.Variable, out var problem) ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable));
        }
        var address = HostAddress.Parse(named, out var wrong)
            ?? throw new CommandFailedException($"the host {Phrases.Quote(named)} of {from} cannot be asked: {wrong}", ExitCodes.Usage);
        if (address.Socket is { } socket)
            return new SocketPlace(socket);
        settings ??= await SettingsAsync(context);
        return new RemotePlace(address.Url!, settings, TokenOf(context, settings));
    }

    private static async Task<ClientSettings> SettingsAsync(CommandContext context)
    {
        using var answer = new MemoryStream();
        await HostTool.RunAsync(context, output => output.CopyToAsync(answer), "the configuration cannot be read", "client");
        return JsonSerializer.Deserialize(answer.ToArray(), MessagesJson.Default.ClientSettings)!;
    }

    private static string? TokenOf(CommandContext context, ClientSettings settings)
    {
        if (context.Variable(TokenVariable) is { Length: > 0 } token)
            return token.Trim();
        try
        {
            return settings.TokenFile is { } file ? File.ReadAllText(file).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailedException($"the token in {settings.TokenFile} cannot be read: {e.Message}", ExitCodes.Unreachable);
        }
    }
}
