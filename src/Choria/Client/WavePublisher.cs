using System.Net;
using Microsoft.Extensions.Logging;
using NATS.Client.Core;
using Orchestrator.Choria.Connecting;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;
using Orchestrator.Messages;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Client;

/// <summary>Signs a wave once and publishes it to each of its nodes, no faster than the fleet's settings allow.</summary>
/// <param name="caller">Who signs now.</param>
/// <param name="replies">The subject below which answers are heard.</param>
/// <param name="log">Gets waves that broke on their way.</param>
internal sealed partial class WavePublisher(
    FleetName fleet, ChoriaSettings settings, Func<CallerIdentity> caller, string replies, PendingRequests pending, WavePublisher.Wire wire, TimeProvider time,
    ILogger log)
{
    private readonly string _sender = Dns.GetHostName();
    private readonly Throttle _throttle = new(settings.MessagesPerSecond, time);

    /// <summary>The broker as a publisher sees it.</summary>
    /// <param name="Publish">Buffers a payload for a subject.</param>
    /// <param name="Flush">Returns once the broker has read all that was buffered before.</param>
    internal sealed record Wire(Func<string, byte[], CancellationToken, ValueTask> Publish, Func<CancellationToken, ValueTask> Flush);

    /// <summary>Publishes a wave; its answers are expected from now on.</summary>
    /// <param name="failDelivery">Gets each node whose request cannot leave, and why.</param>
    /// <exception cref="FleetUnavailableException">No request has left.</exception>
    public async Task PublishAsync(FleetWave wave, Action<NodeName, string> failDelivery, CancellationToken cancellationToken)
    {
        pending.Expect(wave);
        var sent = 0;
        var hasBegun = false;
        try
        {
            var request = new RpcRequest(
                wave.Id, _sender, settings.CallerId, settings.Collective, PuppetRequests.Agent, wave.TimeToLive, time.GetUtcNow(),
                new RpcFilter { Agents = [PuppetRequests.Agent] }, PuppetRequests.Body(wave.Request, settings.CallerId));
            var payload = caller().Seal(request, $"{replies}.{wave.Id}");
            for (; sent < wave.Identities.Length; sent++)
            {
                if (sent % _throttle.Most == 0
                    && _throttle.Reserve(Math.Min(_throttle.Most, wave.Identities.Length - sent)) is var wait && wait > TimeSpan.Zero)
                {
                    await Task.Delay(wait, time, cancellationToken);
                }
                if (!Subjects.IsIdentity(wave.Identities[sent].Value))
                {
                    failDelivery(wave.Identities[sent], "its name cannot be part of a NATS subject: use letters, digits, _, - and single dots");
                    continue;
                }
                var subject = Subjects.Node(settings.Collective, wave.Identities[sent]);
                hasBegun = true;
                await wire.Publish(subject, payload, cancellationToken);
            }
            // A publish returns when it is buffered: the broker's pong says that it has read all of them, so that silence counts from here.
            await wire.Flush(cancellationToken);
        }
        catch (Exception e) when (!hasBegun || (sent == 0 && e is NatsException and not NatsTimeoutException))
        {
            // The client gave up before it had anything to write.
            pending.Forget(wave.Id);
            throw new FleetUnavailableException($"the connection to the broker of the fleet {fleet} is broken: {e.Message}", e);
        }
        catch (Exception e)
        {
            // Whatever it was, some may have left, the first one too where the client only ran out of patience: who does not answer is silent.
            WaveBroken(log, fleet, sent, wave.Identities.Length, e.Message);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "{Sent} of {All} requests of a wave to fleet {Fleet} may have been sent: {Reason}")]
    private static partial void WaveBroken(ILogger log, FleetName fleet, int sent, int all, string reason);
}
