using System.Text.Json;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Messages.Access;

/// <summary>The words of <see cref="AccessVerb"/> as people and programs read them, the same as in JSON.</summary>
public static class AccessVerbs
{
    /// <summary>Every verb that there is, in the order in which they are told.</summary>
    public static ImmutableArray<AccessVerb> All { get; } = [.. Enum.GetValues<AccessVerb>().Where(v => v != AccessVerb.Unknown)];

    private static readonly Dictionary<AccessVerb, string> Words = Enum.GetValues<AccessVerb>()
        .ToDictionary(verb => verb, verb => JsonSerializer.SerializeToElement(verb, MessagesJson.Plain.AccessVerb).GetString()!);

    public static string Word(this AccessVerb verb) => Words[verb];

    /// <summary>The verb of this word, null where there is none.</summary>
    public static AccessVerb? Find(string word)
    {
        foreach (var verb in All)
        {
            if (Words[verb] == word)
                return verb;
        }
        return null;
    }

    /// <summary>What somebody must be allowed to do to a deployment for a verb on it.</summary>
    public static AccessVerb Access(this Verb verb) => Find(verb.Word()) ?? throw new ArgumentOutOfRangeException(nameof(verb));

    /// <summary>True for a verb that does more than read; token is one, and says itself what it does.</summary>
    public static bool Changes(this AccessVerb verb) => verb is >= AccessVerb.Pause and <= AccessVerb.Prune or AccessVerb.Run;

    /// <summary>True for a verb about the whole host, which has no environment, application or node.</summary>
    public static bool IsOfHost(this AccessVerb verb) => verb >= AccessVerb.Recover;
}
