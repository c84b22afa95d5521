using System.Text.RegularExpressions;

namespace Orchestrator.Puppet.Certificates;

/// <summary>What Puppet's CA signs a certificate for.</summary>
public static partial class CertificateName
{
    /// <summary>Of a common name (RFC 5280).</summary>
    private const int Longest = 64;

    /// <summary>Why the CA would not sign it, what to do included; null where it would.</summary>
    public static string? ProblemOf(string name)
    {
        if (name.Any(char.IsAsciiLetterUpper))
            return $"\"{name}\" has upper-case letters, and Puppet's CA signs only lower-case names: use \"{name.ToLowerInvariant()}\"";
        if (name.Length > Longest)
            return FormattableString.Invariant($"\"{name}\" has {name.Length} characters, and a certificate's name has at most {Longest}: use a shorter one");
        if (!Allowed().IsMatch(name))
            return $"\"{name}\" cannot be a certificate's name: use lower-case letters, digits, _, - and ., such as jane.mcollective";
        return name is "ca" ? "\"ca\" is the name of the CA's own certificate: use another one" : null;
    }

    [GeneratedRegex(@"^[a-z0-9_][a-z0-9_.-]*\z")]
    private static partial Regex Allowed();
}
