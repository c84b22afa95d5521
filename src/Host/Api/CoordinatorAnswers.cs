using Orchestrator.Host.Coordination;
using Orchestrator.Messages.Api;
using Orchestrator.Messages;

namespace Orchestrator.Host.Api;

/// <summary>What the coordinator's answers are for who asked over HTTP.</summary>
internal static class CoordinatorAnswers
{
    /// <exception cref="ApiException">It was refused, or not answered in time.</exception>
    public static async Task<T> ValueAsync<T>(this Task<CoordinatorAnswer<T>> asked) => await asked switch
    {
        CoordinatorAnswer<T>.Given given => given.Value,
        CoordinatorAnswer<T>.Refused refused => throw new ApiException(Problems.Of(refused.Why)),
        CoordinatorAnswer<T>.NoAnswer none => throw new ApiException(Problems.Unavailable(
            $"no answer within {Durations.Text(none.Waited)}, so it is not known whether it was done", ProblemCodes.NotAnswered)),
        _ => throw new InvalidOperationException("unknown kind of answer"),
    };
}
