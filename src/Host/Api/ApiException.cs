using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>Ends a request with a problem that its client is told; a cause is for the log.</summary>
public sealed class ApiException(ApiProblem problem, Exception? inner = null) : Exception(problem.Detail, inner)
{
    /// <summary>For a request that cannot be understood.</summary>
    /// <param name="field">The value that is wrong, see <see cref="ApiProblem.Field"/>; null where it is none, or more than one.</param>
    public ApiException(string message, string? field, Exception? inner = null) : this(Problems.BadRequest(message) with { Field = field }, inner) { }

    public ApiProblem Problem => problem;
}
