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

    /// <summary>The exit code of a service whose configuration cannot be used (EX_CONFIG): to start it again is in vain.</summary>
    public const int BadConfiguration = 78;

    /// <summary>The sentence may carry text from outside.</summary>
    public CannotStartException(string message, int exitCode = CannotStart) : base(message) => ExitCode = exitCode;

    public CannotStartException(string message, Exception inner) : base(message, inner) => ExitCode = CannotStart;

    public int ExitCode { get; }
}
