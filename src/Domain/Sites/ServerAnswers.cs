using System.Text.RegularExpressions;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// Error answers of Puppet Server where a site was expected: told in the server's own words, with what to do where the
/// words are known. The words are those of Puppet 4.3 to 6.29.
/// </summary>
public static partial class ServerAnswers
{
    private const int LongestAnswer = 500;

    private static readonly (string Words, string Hint)[] Hints =
    [
        ("referenced by 'consume' is never exported", "let a component of the site export that capability, or remove the consume"),
        ("has components without assigned nodes", "name a node for each of them in the nodes parameter of the application"),
        ("assigns nodes to non-existent components",
            "correct the references in the application's nodes parameter; a component must be a defined type, not a class"),
        ("is exported by both", "let only one component export that capability"),
        ("is not a known environment", "check the name of the environment, and that it is deployed on the server"),
        ("Syntax error at '{'", "on Puppet 4 a site block reads like this while app_management is off: set app_management = true in the [master] section of " +
            "the server's puppet.conf and restart it"),
        ("Expression is not valid as a resource", "on Puppet 4 a site block reads like this while app_management is off: set app_management = true in the " +
            "[master] section of the server's puppet.conf and restart it"),
        ("Syntax error at", "correct the manifest at the place that the server names"),
        ("Only application components can appear inside a site", "move everything that is not an application out of the site block"),
        ("expects a Type[Resource] value, got String", "the keys of the nodes parameter are references such as Node['dev1.example.net'], not strings"),
        ("Duplicate declaration", "give each application and each component a title of its own in the environment"),
        ("Unknown resource type", "check the spelling and that the module with this application is deployed in the environment"),
        ("Resource type not found", "check the spelling and that the module with this capability is deployed in the environment"),
        ("not allowed for route", "ask with GET"),
        ("Could not find indirection", "ask for /puppet/v3/environment/ENVIRONMENT; Puppet Server 7 and later do not have it: use a site file"),
        ("Forbidden", "allow this client's certificate to read /puppet/v3/environment in the server's auth.conf"),
        ("not authorized", "allow this client's certificate to read /puppet/v3/environment in the server's auth.conf"),
    ];

    /// <summary>How sentences begin that servers and the proxies before them answer without any JSON around.</summary>
    private static readonly string[] Beginnings =
    [
        "Forbidden", "Not Found", "Unauthorized", "Bad Request", "Bad Gateway", "Method Not Allowed", "Not Authorized",
        "Internal Server Error", "Server Error", "Service Unavailable", "Gateway Timeout", "Error: ", "Error 4", "Error 5", "HTTP/1.", "HTTP/2", "<!DOCTYPE",
        "<html",
    ];

    /// <summary>The problem of a document that is an error answer with <paramref name="words"/>.</summary>
    internal static SiteProblem OfDocument(string name, string words) => Of($"{name} is an error response from Puppet Server", words);

    /// <summary>The problem of an answer with these words, with what to do where they are known.</summary>
    /// <param name="subject">What the words follow, such as "Puppet Server puppet:8140 answers 500".</param>
    public static SiteProblem Of(string subject, string words)
    {
        var said = words.Trim();
        foreach (var (known, hint) in Hints)
        {
            if (said.Contains(known, StringComparison.OrdinalIgnoreCase))
                return Problem($"{subject}: {said} ({hint})");
        }

        return Problem($"{subject}: {said}");
    }

    /// <summary>A problem that a server is the cause of.</summary>
    /// <param name="message">One sentence that says what to do.</param>
    public static SiteProblem Problem(string message) => new(SiteProblemKinds.ServerError, message, [], [], []);

    /// <summary>True for a document that is no structure at all but begins like a server's refusal or an error page.</summary>
    internal static bool IsBareSentence(ReadOnlySpan<char> document)
    {
        var text = document.TrimStart();
        foreach (var beginning in Beginnings)
        {
            if (text.StartsWith(beginning, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    /// <summary>What such a document says: its text, or of a page its title; not more than a person reads.</summary>
    public static string WordsOf(string document)
    {
        var words = Title().Match(document) is { Success: true } title ? title.Groups[1].Value : document;
        return words.Length <= LongestAnswer ? words : $"{words[..LongestAnswer]}...";
    }

    [GeneratedRegex("<title[^>]*>([^<]*)<", RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Title();
}
