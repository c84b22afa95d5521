using Orchestrator.Messages.Api;

namespace Orchestrator.Cli;

/// <summary>A command ends here: one sentence for standard error, and the documented exit code.</summary>
/// <param name="sentence">Says what is wrong and what to do; may carry text from outside.</param>
/// <param name="problem">What the host said, for programs; null where it was not the host.</param>
internal sealed class CommandFailedException(string sentence, int exitCode, ApiProblem? problem = null) : Exception(sentence)
{
    public int ExitCode => exitCode;

    public ApiProblem? Problem => problem;
}
