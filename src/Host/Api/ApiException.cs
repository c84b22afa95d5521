using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Ends a request with a problem that its client is told; a cause is for the log.</summary>
public sealed class ApiException(ApiProblem problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    /// <summary>For a request that cannot be understood.</summary>
    public ApiException(string message, Exception? inner = null) : this(Problems.BadRequest(message), inner) { }

    public ApiProblem Problem => problem;
}
