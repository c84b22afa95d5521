using System.Text;
using CsCheck;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Tests.Scenarios;

public sealed class ScenarioPropertyTests
{
    private static readonly string[] Crumbs =
    [
        .. ScenarioWords.TopKeys, .. ScenarioWords.NodeKeys, .. ScenarioWords.Triggers, .. ScenarioWords.Results.Keys, "after", "delay", "for", "from",
        "count", "does", "by", "down",
        "3s", "2s..5s", "-60s", "7.23.0", "true", "always", "stale", "~", "web*", "?", "1", "-", ": ", ": ", ", ", "{ ", " }", "[", "]", "\n", "\n  ",
        "\n    ", "'", "\"", "#", "&a", "*a", "!!x",
        "---", "...", "|", ">", "%", "@", "`", "\t", "\u00e9", "\\", "<<", "\r\n", "\u2028",
    ];

    [Fact]
    public void Any_text_is_read_or_answered_with_problems() =>
        Gen.OneOf(Crumbs).Array[0, 40].Select(string.Concat).Sample(text => IsReadOrRefused(Encoding.UTF8.GetBytes(text)), iter: 5_000);

    [Fact]
    public void Any_bytes_are_read_or_answered_with_problems() => Gen.Byte.Array[0, 200].Sample(IsReadOrRefused, iter: 3_000);

    [Fact]
    public void Any_mapping_of_known_keys_is_read_or_answered_with_problems()
    {
        string[] values =
        [
            .. Crumbs.Where(c => c.All(x => char.IsAsciiLetterOrDigit(x) || x is '-' or '.')), "[success, dies]", "{ after: enable }",
            "[{ after: check, does: enable }]",
        ];
        var value = Gen.OneOf(values);
        var entry = Gen.Select(Gen.OneOf(ScenarioWords.NodeKeys.ToArray()), value, (k, v) => $"{k}: {v}");
        entry.Array[0, 8].Select(e => "defaults: { " + string.Join(", ", e) + " }").Sample(text => IsReadOrRefused(Encoding.UTF8.GetBytes(text)), iter: 3_000);
    }

    [Fact]
    public void A_drawn_time_lies_in_its_range_and_is_drawn_again_the_same()
    {
        var time = Gen.Long[0, TimeSpan.TicksPerHour].Select(TimeSpan.FromTicks);
        Gen.Select(time, time, Gen.Long, Gen.String, Gen.Int).Sample((a, b, seed, node, turn) =>
        {
            var range = a <= b ? new TimeRange(a, b) : new TimeRange(b, a);
            var drawn = Draws.Time(range, seed, node, "run", turn);
            return drawn >= range.From && drawn <= range.To && drawn == Draws.Time(range, seed, node, "run", turn);
        });
    }

    private static bool IsReadOrRefused(byte[] bytes)
    {
        var reading = ScenarioReader.Read(bytes, "random");
        return reading.Problems.IsEmpty == reading.Scenario is not null && reading.Problems.All(p => p is { Line: > 0, Column: > 0, Message.Length: > 0 });
    }
}
