using Orchestrator.Messages;

namespace Orchestrator.Domain.Access;

/// <summary>A line of a policy file that allows or denies.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">As it stands in the file, without comment and with one blank between columns; may be shortened.</param>
public sealed record PolicyLine(string File, int Number, bool Allows, string Text)
{
    /// <summary><c>FILE:LINE</c>.</summary>
    public string Place => $"{OutsideText.OneLine(File, PolicyProblem.LongestFile)}:{Number}";
}

/// <summary>A line of a policy file that names a group.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Text">As of <see cref="PolicyLine"/>.</param>
public sealed record PolicyGroup(int Number, string Text);
