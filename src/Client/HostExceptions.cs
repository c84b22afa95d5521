using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Client;

/// <summary>What was asked of a host was not answered, or not with what was asked for. Its message is one sentence for people.</summary>
public abstract class HostException : IOException
{
    private protected HostException(string message, Exception? cause = null) : base(message, cause)
    {
    }
}

/// <summary>The host went away, or never answered, while it was asked. What it had taken before may go on.</summary>
public sealed class HostLostException : HostException
{
    internal HostLostException(string message, Exception? cause = null) : base(message, cause)
    {
    }

    /// <summary>Whether somebody may be there who does not answer; false where the connection was refused or ended.</summary>
    public bool TimedOut => InnerException is TimeoutException or OperationCanceledException;
}

/// <summary>
/// Nothing was sent to the host: somebody else may be listening there, this user may not connect, or a file is missing with which the client proves itself.
/// </summary>
public sealed class HostUnusableException : HostException
{
    internal HostUnusableException(string message, UnusableFile file = UnusableFile.None, Exception? cause = null) : base(message, cause) => File = file;

    /// <summary>Which file is missing or cannot be read.</summary>
    public UnusableFile File { get; }
}

/// <summary>A file that is needed to reach a host over the network.</summary>
public enum UnusableFile
{
    /// <summary>No file is to blame.</summary>
    None = 0,

    /// <summary>What the host's certificate must come from.</summary>
    CertificateAuthority = 1,

    /// <summary>The client's own certificate, or its private key.</summary>
    Certificate = 2,
}

/// <summary>The host's answer is not what its status promises, as it may be of a host of another version.</summary>
public sealed class UnreadableAnswerException : HostException
{
    internal UnreadableAnswerException(Exception cause) : base($"the host's answer cannot be read: {cause.Message}", cause)
    {
    }
}

/// <summary>The host refuses a request. Unless <see cref="Problem"/> says otherwise, nothing was done.</summary>
public sealed class HostRefusedException : HostException
{
    private const int SiteCannotBePlanned = 422;
    private const int Unavailable = 503;
    private const int TooManyRequests = 429;
    private const int Unauthenticated = 401;
    private const int Forbidden = 403;

    internal HostRefusedException(int status, byte[] json, TimeSpan? retryAfter) : this(status, json, Read(json, MessagesJson.Default.ApiProblem)) =>
        RetryAfter = retryAfter;

    private HostRefusedException(int status, byte[] json, ApiProblem? problem)
        : base(problem is { Detail.Length: > 0 } ? problem.Detail : $"the host answered with HTTP status {status} and no reason: see its log")
    {
        (Status, Json) = (status, json);
        Problem = problem is { Detail.Length: > 0 } ? problem : null;
        SiteProblems = status == SiteCannotBePlanned && Read(json, ClientJson.Default.SiteProblems) is { Problems: not null } problems ? problems : null;
    }

    /// <summary>The status of the answer.</summary>
    public int Status { get; }

    /// <summary>The answer as the host wrote it.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Why; null where the host gives no reason, or <see cref="SiteProblems"/> are the reason.</summary>
    public ApiProblem? Problem { get; }

    /// <summary>What is wrong with the site, the mapping or the scenario that was sent; null where something else is the reason.</summary>
    public SiteProblems? SiteProblems { get; }

    /// <summary>After how long it may help to ask again; null where the host does not say so.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The host does not know who asks, or does not allow it.</summary>
    public bool IsDenied => Status is Unauthenticated or Forbidden;

    /// <summary>The host was too busy, about to exit, or had too many requests of this caller: it has done nothing, and may be asked again.</summary>
    public bool IsTransient => Status == TooManyRequests || (Status == Unavailable && Problem?.Code is ProblemCodes.Overloaded or ProblemCodes.GoingAway);

    private static T? Read<T>(byte[] json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> info) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, info);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
