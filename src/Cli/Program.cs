using System.Runtime.InteropServices;
using Orchestrator.Cli;
using Orchestrator.Cli.Commands;

// Never disposed: a signal may come while the process ends.
var interruption = new CancellationTokenSource();

// The first Ctrl-C lets the command say what goes on without it; the second ends it at once.
void Interrupt(PosixSignalContext context)
{
    if (interruption.IsCancellationRequested)
        return;
    context.Cancel = true;
    interruption.Cancel();
}

using var ctrlC = PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt);
using var asked = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt);
return await OrchestratorCommand.RunAsync(args, CommandContext.OfProcess(interruption.Token));
