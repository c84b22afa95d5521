using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Ends a request with a problem that its client is told.</summary>
public sealed class ApiException : Exception
{
    /// <summary>With what the client is told.</summary>
    public ApiException(ApiProblem problem) : base(problem.Detail) => Problem = problem;

    /// <summary>With what the client is told, and its cause for the log.</summary>
    public ApiException(ApiProblem problem, Exception inner) : base(problem.Detail, inner) => Problem = problem;

    /// <summary>Without a word.</summary>
    public ApiException() : this(Problems.Internal()) { }

    /// <summary>For a request that cannot be understood.</summary>
    public ApiException(string message) : this(Problems.BadRequest(message)) { }

    /// <summary>The same with its cause.</summary>
    public ApiException(string message, Exception inner) : this(Problems.BadRequest(message), inner) { }

    /// <summary>What the client is told.</summary>
    public ApiProblem Problem { get; }
}
