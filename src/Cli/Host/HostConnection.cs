using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Host;

/// <summary>The host that the command asks; this user's own is started where none answers.</summary>
internal sealed class HostConnection : IDisposable
{
    private const int LongestTrouble = 1000;
    private const int MostAgain = 2;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    private readonly CommandContext _context;
    private readonly HostPlace _place;
    private HostGreeting? _greeting;

    private HostConnection(CommandContext context, HostPlace place)
    {
        (_context, _place) = (context, place);
        Client = new OrchestratorClient(place.Endpoint, context.Clock);
    }

    public OrchestratorClient Client { get; }

    /// <summary>Why deployments stood still when the host was reached, which has been said; null where all was well.</summary>
    public string? Trouble => _greeting?.Trouble is { Length: > 0 } trouble ? OutsideText.OneLine(trouble, LongestTrouble) : null;

    /// <summary>Whom the host takes this command for; null for a host of an older version.</summary>
    public string? Caller => _greeting?.Caller;

    /// <summary>Whether the host waits for a person to recover its journal.</summary>
    public bool IsJournalIncomplete => _greeting?.JournalIncomplete is not null;

    /// <summary>Connects, and starts this user's own host where none answers. Throws <see cref="CommandFailedException"/> where none can be had.</summary>
    public static async Task<HostConnection> OpenAsync(CommandContext context)
    {
        var connection = new HostConnection(context, await context.Host.PlaceAsync(context));
        try
        {
            await connection.EnsureHostAsync(context, isExpected: false, context.Interrupted);
            if (connection._greeting is { Version: { } version } && version != ProductVersion.Current)
                context.Error.Write(PlanText.Warning(OtherVersion(version)));
            if (connection.Trouble is { } trouble)
                context.Error.Write(PlanText.Warning($"deployments are blocked: {trouble}{(connection.IsJournalIncomplete ? $"; {Advice.Recover}" : "")}"));
            if (connection._greeting?.Clock is { Length: > 0 } clock)
                context.Error.Write(PlanText.Warning(OutsideText.OneLine(clock, LongestTrouble)));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Connects where a host answers; null where none does, and none is started. Says nothing.</summary>
    public static async Task<HostConnection?> OfRunningAsync(CommandContext context, CancellationToken cancellationToken)
    {
        var place = await context.Host.PlaceAsync(context);
        if (place is EmbeddedPlace { Folder: var folder } && !File.Exists(folder.Socket))
            return null;
        var connection = new HostConnection(context, place);
        try
        {
            if (await connection.LostAsync(cancellationToken) is null)
                return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
        connection.Dispose();
        return null;
    }

    /// <summary>Starts a host where none answers any more. Throws <see cref="CommandFailedException"/> where none can be had.</summary>
    public Task EnsureHostAsync(CancellationToken cancellationToken) =>
        EnsureHostAsync(_context with { IsQuiet = true }, isExpected: true, cancellationToken);        // A table may be on the screen.

    /// <summary>Sends a verb, once whatever becomes of the host.</summary>
    public Task<HostAnswer<VerbDone>> SendAsync(string id, Verb verb, VerbRequest? request = null) =>
        AskOnceAsync(key => Client.SendAsync(id, verb, request, key, mostAgain: 0, _context.Interrupted));

    /// <summary>Asks for what is done once under its key: where the answer is lost, the host that is there then is asked again.</summary>
    public async Task<T> AskOnceAsync<T>(Func<string, Task<T>> ask)
    {
        var key = OrchestratorClient.NewIdempotencyKey();
        for (var again = 0; ; again++)
        {
            try
            {
                return await ask(key);
            }
            catch (HostLostException) when (again < MostAgain)
            {
                await EnsureHostAsync(_context.Interrupted);
            }
        }
    }

    private async Task EnsureHostAsync(CommandContext context, bool isExpected, CancellationToken cancellationToken)
    {
        if (await Patience.SayAsync(context, "Waiting for the host", LostAsync(cancellationToken)) is not null)
            await _place.AwaitAsync(context, LostAsync, isExpected, cancellationToken);
    }

    public void Dispose() => Client.Dispose();

    /// <summary>Why there is no host; null where one answers, and it has been greeted.</summary>
    private async Task<HostException?> LostAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await Client.GetStatusAsync(ProbeTimeout, cancellationToken);
            _greeting = GreetingOf(answer);
            return null;
        }
        // It is there: another one would find it so too.
        catch (HostRefusedException e) when (!e.IsTransient && !e.IsDenied)
        {
            return e;
        }
        catch (HostLostException e)
        {
            return e;
        }
    }

    /// <summary>What can be read of the status of a host of whatever version; null where it is none.</summary>
    private static HostGreeting? GreetingOf(HostAnswer<HostStatus> answer)
    {
        try
        {
            return answer.ReadAs(CliJson.Default.HostGreeting);
        }
        catch (UnreadableAnswerException)
        {
            return null;
        }
    }

    /// <summary>Whether somebody listens who does not answer: a host that is stopped, whose folder no other can have.</summary>
    public async Task<bool> IsSilentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Client.GetStatusAsync(ProbeTimeout, cancellationToken);
            return false;
        }
        catch (HostRefusedException)
        {
            return false;
        }
        catch (HostLostException e)
        {
            return e.TimedOut;
        }
    }

    private static string OtherVersion(string version) =>
        $"the running host is version {version}, but this command is version {ProductVersion.Current}: "
            + $"use version {version} until that host exits, soon after its last deployment has ended";
}
