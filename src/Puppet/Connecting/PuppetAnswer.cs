using System.Text;
using System.Text.Json;
using Orchestrator.Messages;

namespace Orchestrator.Puppet.Connecting;

/// <summary>What a server answered.</summary>
/// <param name="Server">Who it was, for people: "Puppet Server puppet:8140".</param>
/// <param name="MediaType">Such as <c>application/json</c>; null where it says none.</param>
/// <param name="Location">Where a redirect leads; null where it is none.</param>
/// <param name="Version">Of the Puppet that answered; null where it does not say.</param>
/// <param name="Body">Whole where the answer is a good one, else its beginning.</param>
public sealed record PuppetAnswer(string Server, int Status, string? MediaType, string? Location, string? Version, byte[] Body)
{
    private const int LongestWords = 1000;

    /// <summary>It is whole: a part (206), which nobody asks for, is no answer.</summary>
    public bool IsGood => Status is >= 200 and < 300 and not 206;

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>What it says, in one line: the message of an error in JSON, the title of a page, or its text.</summary>
    public string Words
    {
        get
        {
            var words = OutsideText.OneLine((MessageOf(Body) ?? Domain.Sites.ServerAnswers.WordsOf(Text)).Trim(), LongestWords);
            return words.Length > 0 ? words : "without a word";
        }
    }

    /// <summary>That it is a redirect, which nobody follows: the certificate would be shown to whoever it names. Null where it is none.</summary>
    public string? Redirect => Status is >= 300 and < 400
        ? $"{Server} answers with a redirect{(Location is null ? "" : $" to {OutsideText.OneLine(Location, LongestWords)}")}, which is not followed: "
            + "set the address of the server itself, not of a proxy or page"
        : null;

    private static string? MessageOf(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            foreach (var key in (ReadOnlySpan<string>)["message", "msg", "error"])
            {
                if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(key, out var words)
                    && words.ValueKind == JsonValueKind.String)
                {
                    return words.GetString();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // It is no JSON, or has text that is no Unicode.
        }
        return null;
    }
}
