using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.StateFolders;

namespace Orchestrator.Cli.Host;

/// <summary>The host went away, or never answered, while it was asked. What it had taken before may go on.</summary>
internal sealed class HostLostException(string message, Exception? cause = null) : IOException(message, cause);

/// <summary>Speaks to the host of this user over its Unix domain socket, and starts it where none answers.</summary>
internal sealed class HostConnection : IDisposable
{
    private const int LongestTrouble = 1000;
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(5);

    // Planning and registering the largest sites takes seconds; a host that says nothing for so long is stuck.
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromMinutes(2);

    /// <summary>How often a host that is too busy is asked again, some half a minute.</summary>
    private const int MostAgain = 15;

    private static readonly TimeSpan BeforeKnockingAgain = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan UsualPause = TimeSpan.FromSeconds(2);

    private readonly CommandContext _context;
    private readonly HttpClient _http;
    private HostGreeting? _greeting;

    private HostConnection(CommandContext context, StateFolder folder)
    {
        _context = context;
        Folder = folder;
        _http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellationToken) =>
            {
                // Whoever listens there hears what is to be done, so it must be this user's own host.
                if ((StateFolderGuard.ProblemOfFolder(folder) ?? StateFolderGuard.ProblemOfSocket(folder)) is { } problem)
                    throw new CommandFailedException(problem, ExitCodes.Unreachable);
                var socket = await ConnectAsync(folder, context.Clock, cancellationToken);
                try
                {
                    if (StateFolderGuard.ProblemOfListener(folder, socket) is { } stranger)
                        throw new CommandFailedException(stranger, ExitCodes.Unreachable);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        })
        { BaseAddress = new Uri("http://localhost"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public StateFolder Folder { get; }

    /// <summary>Why deployments stood still when the host was reached, which has been said; null where all was well.</summary>
    public string? Trouble => _greeting?.Trouble is { Length: > 0 } trouble ? OutsideText.OneLine(trouble, LongestTrouble) : null;

    /// <summary>Whom the host takes this command for; null for a host of an older version.</summary>
    public string? Caller => _greeting?.Caller;

    /// <summary>Whether the host waits for a person to recover its journal.</summary>
    public bool IsJournalIncomplete => _greeting?.JournalIncomplete is not null;

    /// <summary>Connects, and starts the host where none answers. Throws <see cref="CommandFailedException"/> where none can be had.</summary>
    public static async Task<HostConnection> OpenAsync(CommandContext context)
    {
        var folder = StateFolder.Locate(context.Variable, out var problem) ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        var connection = new HostConnection(context, folder);
        try
        {
            await connection.EnsureHostAsync(context, context.Interrupted);
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
        if (StateFolder.Locate(context.Variable, out _) is not { } folder || !File.Exists(folder.Socket))
            return null;
        var connection = new HostConnection(context, folder);
        try
        {
            if (await connection.AnswersAsync(cancellationToken))
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
        EnsureHostAsync(_context with { IsQuiet = true }, cancellationToken);        // A table may be on the screen.

    private async Task EnsureHostAsync(CommandContext context, CancellationToken cancellationToken)
    {
        if (await Patience.SayAsync(context, "Waiting for the host", AnswersAsync(cancellationToken)))
            return;
        var program = HostProgram.Find(
            _context.BaseFolder, _context.Variable, Environment.ProcessPath, RuntimeEnvironment.GetRuntimeDirectory(), out var problem)
            ?? throw new CommandFailedException(problem!, ExitCodes.Unreachable);
        await Patience.SayAsync(
            context, "Starting the host", new EmbeddedHost(Folder, program, _context.Variables, _context.Clock).StartAsync(AnswersAsync, cancellationToken));
    }

    /// <summary>GET. Throws <see cref="HostLostException"/> where no answer came.</summary>
    public Task<HostAnswer> GetAsync(string path, CancellationToken cancellationToken) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Get, path), RequestTimeout, cancellationToken);

    /// <summary>POST without a body. Throws <see cref="HostLostException"/> where no answer came.</summary>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer> PostAsync(string path, CancellationToken cancellationToken, TimeSpan work = default) =>
        SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path), RequestTimeout + work, cancellationToken);

    /// <summary>POST. Throws <see cref="HostLostException"/> where no answer came: then the host may have done what was asked.</summary>
    /// <param name="info">How it is written; of <see cref="MessagesJson.Plain"/>, which tells a document that is missing from an empty one.</param>
    /// <param name="cancellationToken">Stops the waiting, not the host.</param>
    /// <param name="work">How long the host itself may take for it, beyond the usual.</param>
    public Task<HostAnswer> PostAsync<T>(string path, T body, JsonTypeInfo<T> info, CancellationToken cancellationToken, TimeSpan work = default)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(body, info);
        return SendAsync(
            () =>
            {
                var content = new ByteArrayContent(json);
                content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                return new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            },
            RequestTimeout + work, cancellationToken);
    }

    /// <summary>POST of a file as it is. Throws <see cref="HostLostException"/> where no answer came: then the host may have done what was asked.</summary>
    public Task<HostAnswer> PostAsync(string path, Stream file, CancellationToken cancellationToken)
    {
        var content = new StreamContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/jsonl");
        // Not again: what was read of the file is gone.
        return SendAsync(() => new HttpRequestMessage(HttpMethod.Post, path) { Content = content }, RequestTimeout, cancellationToken, mostAgain: 0);
    }

    /// <summary>Opens the stream of a deployment's events after a sequence number. Throws <see cref="HostLostException"/> where no answer came.</summary>
    public async Task<Stream> OpenEventsAsync(string id, long after, CancellationToken cancellationToken)
    {
        for (var again = 0; ; again++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, HostApi.Events(id, after));
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
            if (after > 0)
                request.Headers.TryAddWithoutValidation("Last-Event-ID", $"{after}");
            try
            {
                var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken)
                    .WaitAsync(RequestTimeout, _context.Clock, cancellationToken);
                if (response.IsSuccessStatusCode)
                    return await response.Content.ReadAsStreamAsync(cancellationToken);
                using (response)
                {
                    var answer = new HostAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellationToken));
                    if (again == MostAgain || !answer.IsOverloaded)
                        answer.Good();
                    await PauseAsync(response, cancellationToken);
                }
            }
            catch (Exception e) when (e is HttpRequestException or TimeoutException || (e is IOException and not HostLostException))
            {
                throw Lost(e);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks a host that is too busy again: it has done nothing of what was asked.</summary>
    private async Task<HostAnswer> SendAsync(
        Func<HttpRequestMessage> request, TimeSpan timeout, CancellationToken cancellationToken, int mostAgain = MostAgain)
    {
        for (var again = 0; ; again++)
        {
            using var late = new CancellationTokenSource(timeout, _context.Clock);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            try
            {
                using var message = request();
                using var response = await _http.SendAsync(message, stop.Token);
                var answer = new HostAnswer((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(stop.Token));
                if (again == mostAgain || !answer.IsOverloaded)
                    return answer;
                await PauseAsync(response, cancellationToken);
            }
            catch (HttpRequestException e)
            {
                throw Lost(e);
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new HostLostException($"the host did not answer within {Durations.Text(timeout)}: see its log {Folder.Log}", e);
            }
        }
    }

    /// <summary>As long as the host says, more or less, so that those who were refused together do not come together.</summary>
    private Task PauseAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        Task.Delay((response.Headers.RetryAfter?.Delta ?? UsualPause) * (0.5 + Random.Shared.NextDouble()), _context.Clock, cancellationToken);

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, HostApi.Host), ProbeTimeout, cancellationToken);
            // It is there: another one would find it so too.
            if (answer.IsOverloaded)
                answer.Good();
            _greeting = answer.Greeting();
            return answer.IsGood;
        }
        catch (HostLostException e) when (e.InnerException?.InnerException is SocketException { SocketErrorCode: SocketError.AccessDenied })
        {
            throw new CommandFailedException(
                $"the host's socket {Folder.Socket} belongs to another user: set ORCHESTRATOR_STATE to a folder of yours", ExitCodes.Unreachable);
        }
        catch (HostLostException)
        {
            return false;
        }
    }

    /// <summary>Whether somebody listens who does not answer: a host that is stopped, whose folder no other can have.</summary>
    public async Task<bool> IsSilentAsync(CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, HostApi.Host), ProbeTimeout, cancellationToken);
            return false;
        }
        catch (HostLostException e)
        {
            return e.InnerException is OperationCanceledException;
        }
    }

    /// <summary>Where more knock at once than the system lets wait, it refuses at once.</summary>
    private static async Task<Socket> ConnectAsync(StateFolder folder, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (var again = 0; ; again++)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(folder.Socket), cancellationToken);
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock && again < MostAgain)
            {
                socket.Dispose();
                await Task.Delay(BeforeKnockingAgain, clock, cancellationToken);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    private static string OtherVersion(string version) =>
        $"the running host is version {version}, but this command is version {ProductVersion.Current}: "
            + $"use version {version} until that host exits, soon after its last deployment has ended";

    private Exception Lost(Exception cause) =>
        cause.InnerException as CommandFailedException ?? (Exception)new HostLostException($"the host closed the connection: see its log {Folder.Log}", cause);
}
