using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Host;

/// <summary>Where the host is that a command asks, and what to do where none answers there.</summary>
internal abstract class HostPlace
{
    public abstract HostEndpoint Endpoint { get; }

    /// <summary>Comes back once a host answers here. Throws <see cref="CommandFailedException"/> where none does.</summary>
    /// <param name="lost">Asks it; null where it answers, otherwise why it does not.</param>
    /// <param name="isExpected">One answered here before, and may be about to be back.</param>
    public abstract Task AwaitAsync(
        CommandContext context, Func<CancellationToken, Task<HostException?>> lost, bool isExpected, CancellationToken cancellationToken);

    /// <summary>Asks for a host that commands do not start, until it answers or nobody can expect it any more.</summary>
    protected static async Task KnockAsync(
        CommandContext context, Func<CancellationToken, Task<HostException?>> lost, bool isExpected, Func<HostException, string> sentence,
        CancellationToken cancellationToken)
    {
        var patience = TimeSpan.FromMinutes(2);
        var begun = context.Clock.GetTimestamp();
        while (await lost(cancellationToken) is { } cause)
        {
            if (!isExpected || context.Clock.GetElapsedTime(begun) > patience)
                throw new CommandFailedException(sentence(cause), ExitCodes.Unreachable);
            await Task.Delay(TimeSpan.FromSeconds(1), context.Clock, cancellationToken);
        }
    }
}
