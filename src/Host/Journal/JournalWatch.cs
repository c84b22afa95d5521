namespace Orchestrator.Host.Journal;

/// <summary>Looks every second after the journal under the running host, and ends the process where it has another owner.</summary>
/// <param name="ownership">What is looked at.</param>
/// <param name="onLost">Ends the process at once, with the sentence why.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Told when trouble comes and goes.</param>
public sealed class JournalWatch(JournalOwnership ownership, Action<string> onLost, TimeProvider time, ILogger<JournalWatch> log) : BackgroundService
{
    /// <summary>How often it looks.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        string? told = null;
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                ownership.Look();
                if (ownership.Lost is { } lost)
                {
                    onLost(lost);
                    return;
                }
                if (ownership.Trouble == told)
                    continue;
                told = ownership.Trouble;
                if (told is null)
                    log.LogInformation("The journal can be written again");
                else
                    log.LogError("Deployments are blocked: {Reason}", told);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process ends for another reason.
        }
    }
}
