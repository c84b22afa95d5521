using Orchestrator.Domain.Access;

namespace Orchestrator.Host.Access;

/// <summary>The policy that a host goes by.</summary>
/// <param name="Since">When it was taken up.</param>
/// <param name="Digest">SHA-256 of the file that it was read from, hexadecimal; null where there is none.</param>
/// <param name="Refused">What is wrong with the file as it is now, a sentence each: the policy that was read before stays. Empty where nothing is.</param>
/// <param name="RefusedAt">Since when; null where nothing is wrong.</param>
public sealed record PolicyInForce(
    Policy Policy, DateTimeOffset Since, string? Digest, ImmutableArray<string> Refused, DateTimeOffset? RefusedAt = null);
