namespace Orchestrator.Messages.Api;

/// <summary>Asks what a mapping file would do.</summary>
/// <param name="File">Its bytes.</param>
/// <param name="Name">What to call it in messages.</param>
public sealed record MappingRequest(byte[] File, string Name);

/// <summary>What a mapping file does with what nodes export and collect.</summary>
/// <param name="Ignore">The types that mean no order.</param>
/// <param name="Reverse">The types whose exporter comes after those who collect.</param>
/// <param name="Environments">Environments whose nodes are planned as well.</param>
/// <param name="Components">APPLICATION / COMPONENT.</param>
/// <param name="Added">FROM -> TO.</param>
/// <param name="Removed">FROM -> TO.</param>
public sealed record MappingView(
    ImmutableArray<string> Ignore, ImmutableArray<string> Reverse, ImmutableArray<string> Environments, ImmutableArray<string> Components,
    ImmutableArray<string> Added, ImmutableArray<string> Removed);
