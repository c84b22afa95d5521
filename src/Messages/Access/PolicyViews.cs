using System.Text.Json.Serialization;

namespace Orchestrator.Messages.Access;

/// <summary>The policy that a host goes by.</summary>
/// <param name="File">Null for a host without one: then only its own user and root may use it.</param>
/// <param name="Since">When it was taken up.</param>
/// <param name="Sha256">Of the file that it was read from; null without one.</param>
/// <param name="Lines">Those of the file that say something, in its order.</param>
/// <param name="Warnings">What is odd about them, a sentence each.</param>
/// <param name="Refused">What is wrong with the file as it is now, a sentence each, so that these lines stay; empty where nothing is.</param>
/// <param name="RefusedAt">Since when; left out where nothing is wrong.</param>
public sealed record PolicyView(
    string? File, DateTimeOffset Since, string? Sha256, ImmutableArray<PolicyViewLine> Lines, ImmutableArray<string> Warnings,
    ImmutableArray<string> Refused, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? RefusedAt = null);

/// <param name="Line">Its number in the file, from 1.</param>
/// <param name="Text">Without comment; may be shortened.</param>
public sealed record PolicyViewLine(int Line, string Text);

/// <summary>Asks what the policy would say to somebody. What is left out stands for one that no line names.</summary>
public sealed record PolicyQuestion(
    string Caller, AccessVerb Verb, string? Environment = null, string? Application = null, NodeName? Node = null);

/// <summary>What the policy would say.</summary>
/// <param name="Environment">Left out for verbs about the whole host, as are application and node.</param>
/// <param name="Line">The line that decides; left out where none does.</param>
/// <param name="Reason">One sentence; may carry text from outside.</param>
public sealed record PolicyAnswer(
    bool Allowed, string Caller, AccessVerb Verb,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Environment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Application,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] NodeName? Node,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] PolicyViewLine? Line, string Reason);

/// <summary>Asks whether a policy file could be used.</summary>
/// <param name="File">Its bytes.</param>
/// <param name="Name">What to call it in messages.</param>
public sealed record PolicyFileRequest(byte[] File, string Name);

/// <summary>Whether a policy file could be used.</summary>
/// <param name="Usable">True where nothing is wrong.</param>
/// <param name="Problems">What is wrong, a sentence each with file and line.</param>
/// <param name="Warnings">What is odd, in the same form.</param>
/// <param name="Lines">How many of its lines allow or deny; 0 where it cannot be used.</param>
public sealed record PolicyReview(bool Usable, ImmutableArray<string> Problems, ImmutableArray<string> Warnings, int Lines);
