using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Messages;
using static System.StringComparison;

namespace Orchestrator.Choria.Protocol;

/// <summary>The subjects of Choria's network, built from names alone: what is none cannot escape its place, it is an <see cref="ArgumentException"/>.</summary>
public static class Subjects
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    private static readonly SearchValues<char> OfTokens = SearchValues.Create(Letters);
    private static readonly SearchValues<char> OfIdentities = SearchValues.Create($"{Letters}.");

    /// <summary>Where one node listens; its dots are part of the subject.</summary>
    public static string Node(string collective, NodeName identity) => $"{Token(collective)}.node.{Identity(identity.Value)}";

    /// <summary>Where all nodes with an agent listen.</summary>
    public static string Agent(string collective, string agent) => $"{Token(collective)}.broadcast.agent.{Token(agent)}";

    /// <summary>
    /// What all reply subjects of one process begin with. Brokers that check permissions allow a client what follows the hash of its
    /// caller id; the process's own part keeps two hosts with the same certificate from hearing each other's answers.
    /// </summary>
    public static string Replies(string collective, string callerId, string process) => $"{Token(collective)}.reply.{Md5(callerId)}.{Token(process)}";

    /// <summary>All nodes' own subjects.</summary>
    public static string AllNodes(string collective) => $"{Token(collective)}.node.>";

    /// <summary>All subjects on which nodes with some agent listen.</summary>
    public static string AllAgents(string collective) => $"{Token(collective)}.broadcast.agent.>";

    /// <summary>Everybody's reply subjects.</summary>
    public static string AllReplies(string collective) => $"{Token(collective)}.reply.>";

    /// <summary>All reply subjects of one caller.</summary>
    public static string AllReplies(string collective, string callerId) => $"{Token(collective)}.reply.{Md5(callerId)}.>";

    /// <summary>True for a text that can stand as one part of a subject: letters, digits, <c>_</c> and <c>-</c>.</summary>
    public static bool IsToken(string text) => text.Length is > 0 and <= 255 && !text.AsSpan().ContainsAnyExcept(OfTokens);

    /// <summary>True for a text that can stand as an identity: parts as of <see cref="IsToken"/> with dots between them.</summary>
    public static bool IsIdentity(string text) =>
        text.Length is > 0 and <= 255 && !text.AsSpan().ContainsAnyExcept(OfIdentities) && text[0] != '.' && text[^1] != '.' && !text.Contains("..", Ordinal);

    private static string Token(string text) =>
        IsToken(text) ? text : throw new ArgumentException($"\"{text}\" cannot be part of a NATS subject: use letters, digits, _ and -", nameof(text));

    private static string Identity(string text) => IsIdentity(text)
        ? text
        : throw new ArgumentException($"\"{text}\" cannot be part of a node's subject: use letters, digits, _, - and single dots", nameof(text));

    // Not for secrecy: the protocol wants this very hash as a name.
    private static string Md5(string callerId) =>
        Convert.ToHexStringLower(CryptographicOperations.HashData(HashAlgorithmName.MD5, Encoding.UTF8.GetBytes(callerId)));
}
