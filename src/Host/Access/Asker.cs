using Orchestrator.Messages.Access;

namespace Orchestrator.Host.Access;

/// <summary>Who makes a request, as the connection shows it. Nothing that a request says of itself changes it.</summary>
/// <param name="Caller">As events and the policy name it: see docs/access.md.</param>
/// <param name="IsTrusted">The user that the host runs as, or root: they may read and write the journal itself, and so may do what no rule forbids.</param>
/// <param name="From">Where the request comes from, for the audit log.</param>
/// <param name="Scope">What the token of the request is for; null where it came without one.</param>
public sealed record Asker(string Caller, bool IsTrusted, string From, TokenScope? Scope = null);
