using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Host;

internal sealed record HostAnswer(int Status, byte[] Body)
{
    private const int SiteCannotBePlanned = 422;
    private const int Unavailable = 503;
    private const int Unauthenticated = 401;
    private const int Forbidden = 403;

    public bool IsGood => Status is >= 200 and < 300;

    /// <summary>The host was too busy, or about to exit, and has done nothing.</summary>
    public bool IsOverloaded => Status == Unavailable && Problem()?.Code is ProblemCodes.Overloaded or ProblemCodes.GoingAway;

    /// <summary>The host does not know who asks, or does not allow it.</summary>
    public bool IsDenied => Status is Unauthenticated or Forbidden;

    /// <summary>The problems of the site where that is the answer, else null.</summary>
    public SiteProblems? SiteProblems()
    {
        if (Status != SiteCannotBePlanned)
            return null;
        try
        {
            return JsonSerializer.Deserialize(Body, CliJson.Default.SiteProblems) is { Problems: not null } problems ? problems : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>This answer if it is a good one; otherwise throws <see cref="CommandFailedException"/> with the host's sentence and what to do.</summary>
    public HostAnswer Good()
    {
        if (IsGood)
            return this;
        throw Problem() is { Detail.Length: > 0 } problem
            ? new CommandFailedException(ProblemText.Of(problem), ProblemText.ExitCodeOf(problem), problem)
            : new CommandFailedException(
                $"the host answered with HTTP status {Status} and no reason: see its log", ExitCodes.Unreachable);
    }

    /// <summary>The body as a value. Throws <see cref="CommandFailedException"/> where it is none.</summary>
    public T Read<T>(JsonTypeInfo<T> info) => Read(() => JsonSerializer.Deserialize(Body, info));

    /// <summary>A part of a body as a value. Throws <see cref="CommandFailedException"/> where it is none.</summary>
    public static T Read<T>(JsonElement part, JsonTypeInfo<T> info) => Read(() => part.Deserialize(info));

    private static T Read<T>(Func<T?> read)
    {
        try
        {
            return read() ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"the host's answer cannot be read: {e.Message}", ExitCodes.Unreachable);
        }
    }

    /// <summary>What can be read of a <see cref="HostStatus"/> of whatever version; null where it is none.</summary>
    public HostGreeting? Greeting()
    {
        try
        {
            return IsGood ? JsonSerializer.Deserialize(Body, CliJson.Default.HostGreeting) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What went wrong; null where nothing did, or where the host does not say.</summary>
    public ApiProblem? Problem()
    {
        if (IsGood)
            return null;
        try
        {
            return JsonSerializer.Deserialize(Body, MessagesJson.Default.ApiProblem);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
