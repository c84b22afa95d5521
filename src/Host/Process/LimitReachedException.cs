using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Process;

/// <summary>A caller has as much of something as one may have; nothing of the request was done.</summary>
/// <param name="code">One of <see cref="ProblemCodes"/>.</param>
/// <param name="wait">After which they may ask again.</param>
public sealed class LimitReachedException(string message, string code, TimeSpan wait) : Exception(message)
{
    public string Code => code;

    public TimeSpan Wait => wait;
}
