using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Choria.Client;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Connecting;

/// <summary>What a broker lets us do that nobody but nodes and other callers should.</summary>
/// <param name="HearsRequests">We may subscribe to a node's subject: whoever may, can send the requests that it sees once more.</param>
/// <param name="HearsReplies">We may subscribe to another caller's reply subject.</param>
/// <param name="ForgesReplies">We may publish there.</param>
public sealed record BrokerExcess(bool HearsRequests, bool HearsReplies, bool ForgesReplies)
{
    public bool IsAny => HearsRequests || HearsReplies || ForgesReplies;
}

/// <summary>
/// Finds out on subjects of an invented node and an invented caller: nothing comes there, nobody listens there, and nothing is published to a node. The
/// broker's word on a subscription comes at any time later, so the last thing that is tried is one that it answers in any case.
/// </summary>
public static class BrokerPermissionsProbe
{
    /// <exception cref="OperationCanceledException">The broker did not say in time.</exception>
    public static async Task<BrokerExcess> AskAsync(ChoriaSettings settings, string broker, CancellationToken cancellationToken)
    {
        await using var connection = await BrokerConnection.OpenAsync(settings, [broker], NullLoggerFactory.Instance, cancellationToken);
        var invented = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var node = Subjects.Node(settings.Collective, new NodeName($"no-such-node-{invented}"));
        var replies = Subjects.AllReplies(settings.Collective, invented);
        var reply = $"{replies[..^1]}probe";
        var signals = Channel.CreateUnbounded<string>();
        connection.ServerError += (_, e) =>
        {
            if ((BrokerComplaints.RefusedSubscription(e.Error) ?? BrokerComplaints.RefusedPublish(e.Error)) is { } refused)
                signals.Writer.TryWrite(refused);
            return default;
        };
        await using var requests = await connection.SubscribeCoreAsync<byte[]>(node, cancellationToken: cancellationToken);
        await using var answers = await connection.SubscribeCoreAsync<byte[]>(replies, cancellationToken: cancellationToken);
        await connection.PublishAsync(reply, cancellationToken: cancellationToken);
        // Where the first was refused so is this, after the broker's word on the message.
        await using var again = await connection.SubscribeCoreAsync<byte[]>(replies, cancellationToken: cancellationToken);

        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var echo = answers.Msgs.WaitToReadAsync(enough.Token).AsTask();
        var refusals = new List<string>();
        while (!IsKnown(refusals, replies, reply))
        {
            var next = signals.Reader.ReadAsync(enough.Token).AsTask();
            if (await Task.WhenAny(echo, next) == echo)
            {
                await enough.CancelAsync();
                await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await echo;
                // It has both, so it restricts nobody: the subscription to the node's subject needs no word.
                return new BrokerExcess(true, true, true);
            }
            refusals.Add(await next);
        }
        await enough.CancelAsync();
        await ((Task)echo).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return new BrokerExcess(!refusals.Contains(node), !refusals.Contains(replies), !refusals.Contains(reply));
    }

    /// <summary>The broker says what it refuses in the order in which it was asked.</summary>
    private static bool IsKnown(List<string> refusals, string replies, string reply) =>
        refusals.Count(r => r == replies) == 2 || (refusals.Contains(reply) && !refusals.Contains(replies));
}
