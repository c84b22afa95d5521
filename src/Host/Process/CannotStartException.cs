namespace Orchestrator.Host.Process;

/// <summary>Why the host cannot start: one sentence that says what to do, and the process's exit code. Nothing half done is left behind.</summary>
public sealed class CannotStartException : Exception
{
    /// <summary>The exit code of a host that could not start.</summary>
    public const int CannotStart = 1;

    /// <summary>The exit code of a host that found another one at work (EX_TEMPFAIL of sysexits.h): a client joins that one.</summary>
    public const int AlreadyRunning = 75;

    /// <summary>The exit code of a host that could not even write why it cannot start (EX_IOERR): its disk is full, most likely.</summary>
    public const int Unheard = 74;

    /// <summary>Without a word.</summary>
    public CannotStartException() : this("the host cannot start") { }

    /// <summary>With the sentence; it may carry text from outside.</summary>
    public CannotStartException(string message) : this(message, CannotStart) { }

    /// <summary>With the sentence and the exit code.</summary>
    public CannotStartException(string message, int exitCode) : base(message) => ExitCode = exitCode;

    /// <summary>With the sentence and its cause.</summary>
    public CannotStartException(string message, Exception inner) : base(message, inner) => ExitCode = CannotStart;

    /// <summary>The process's exit code.</summary>
    public int ExitCode { get; }
}
