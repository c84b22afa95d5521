using System.Globalization;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>What was found wrong or odd in one document, each with its place. Bounded: a document of nothing but nonsense stays a short report.</summary>
internal sealed class DocumentFindings(string documentName)
{
    /// <summary>So many malformed parts are told one by one, the rest as a number.</summary>
    public const int MostProblems = 1000;

    private const int MostUnknownKeys = 100;

    private readonly ImmutableArray<SiteProblem>.Builder _problems = ImmutableArray.CreateBuilder<SiteProblem>();
    private readonly Dictionary<(string Where, string Key), (Place First, int Times)> _unknownKeys = [];

    public string DocumentName => documentName;

    /// <summary>How many malformed parts there are, told or not.</summary>
    public int Count { get; private set; }

    /// <summary>A part that is not as it must be. <paramref name="path"/> is empty for the document itself.</summary>
    public void Malformed(Place place, string path, string sentence)
    {
        if (++Count <= MostProblems)
        {
            var where = path.Length == 0 ? "" : $", {path}";
            _problems.Add(At(place, Problem($"{PlaceText(documentName, place)}{where}: {sentence}")));
        }
    }

    /// <summary>A key that is not known and not near to a known one, in a document that no person writes.</summary>
    public void UnknownKey(Place place, ReadOnlySpan<char> key, string where)
    {
        var name = (where, key.ToString());
        if (_unknownKeys.TryGetValue(name, out var before))
            _unknownKeys[name] = before with { Times = before.Times + 1 };
        else if (_unknownKeys.Count < MostUnknownKeys)
            _unknownKeys.Add(name, (place, 1));
    }

    public ImmutableArray<SiteProblem> Problems()
    {
        if (Count > MostProblems)
            _problems.Add(Problem($"{documentName} has {Phrases.Count(Count - MostProblems, "more malformed part")}; fix these first"));

        return _problems.ToImmutable();
    }

    public IEnumerable<PlanWarning> Warnings() => _unknownKeys.Select(found => new PlanWarning(
        PlanWarningKinds.UnknownKey,
        string.Create(CultureInfo.InvariantCulture, $"{documentName}, line {found.Value.First.Line}, column {found.Value.First.Column}: the " +
            $"key {Phrases.Quote(found.Key.Key)} of {found.Key.Where} is unknown and was ignored{Times(found.Value.Times)}")));

    public static SiteProblem At(Place place, SiteProblem problem) => problem with { Line = place.Line, Column = place.Column };

    /// <summary><c>site.yaml, line 3, column 29</c>.</summary>
    public static string PlaceText(string document, Place place) =>
        string.Create(CultureInfo.InvariantCulture, $"{document}, line {place.Line}, column {place.Column}");

    public static SiteProblem Problem(string message) => new(SiteProblemKinds.MalformedSite, message, [], [], []);

    private static string Times(int times) => times == 1 ? "" : $", here and {Phrases.Count(times - 1, "time")} more";
}
