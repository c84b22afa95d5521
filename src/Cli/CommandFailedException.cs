namespace Orchestrator.Cli;

/// <summary>A command ends here: one sentence for standard error, and the documented exit code.</summary>
/// <param name="sentence">Says what is wrong and what to do; may carry text from outside.</param>
internal sealed class CommandFailedException(string sentence, int exitCode) : Exception(sentence)
{
    public int ExitCode => exitCode;
}
