using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Orchestrator.Planning.Bench;

/// <summary>
/// Synthetic environment graphs as Puppet Server would answer them, acyclic by construction: one component for each node and a
/// few that share nodes, in applications of some twenty-five nodes. The same size and layout give the same bytes.
/// </summary>
internal static class SiteGenerator
{
    private const int NodesPerApplication = 25;
    private const int ComponentsPerApplication = 44;
    private const int Tiers = 5;
    private const int MostConsumed = 3;

    /// <summary>Wide and shallow: each node belongs to one tier, so there are at most five groups.</summary>
    public static byte[] Band(int nodes) => Write(nodes, _ => [.. Enumerable.Range(0, Tiers).Select(t => t * nodes / Tiers)]);

    /// <summary>Narrow and deep: each application spreads its tiers over nodes of rising rank, so chains run through many applications.</summary>
    public static byte[] Rank(int nodes) => Write(nodes, random => [.. Enumerable.Range(0, Tiers).Select(_ => random.Next(nodes)).Order()]);

    /// <param name="nodes">How many nodes there are to choose from.</param>
    /// <param name="starts">For an application the first node of each tier; a tier ends where the next one begins.</param>
    private static byte[] Write(int nodes, Func<Random, int[]> starts)
    {
        var random = new Random(1);
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("environment", "production");
        json.WriteStartObject("applications");
        for (var application = 0; application < nodes / NodesPerApplication; application++)
        {
            json.WriteStartObject(Name("Gen[app{0:D5}]", application));
            WriteComponents(json, random, $"app{application:D5}", [.. starts(random), nodes]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteNull("code_id");
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteComponents(Utf8JsonWriter json, Random random, string application, int[] starts)
    {
        List<string> before = [], here = [];
        for (var (component, last) = (0, 0); component < ComponentsPerApplication; component++)
        {
            var tier = component * Tiers / ComponentsPerApplication;
            if (tier != last)
                (before, here, last) = (here, [], tier);

            json.WriteStartObject($"Gen::Comp[{application}-t{tier}-{component}]");
            json.WriteStartArray("produces");
            if (tier < Tiers - 1)
            {
                here.Add($"Cap[{application}-t{tier}-{component}]");
                json.WriteStringValue(here[^1]);
            }

            json.WriteEndArray();
            json.WriteStartArray("consumes");
            for (var i = 0; i < Math.Min(MostConsumed, before.Count); i++)
                json.WriteStringValue(before[random.Next(before.Count)]);

            json.WriteEndArray();
            json.WriteString("node", Name("n{0:D6}.example.net", random.Next(starts[tier], Math.Max(starts[tier] + 1, starts[tier + 1]))));
            json.WriteEndObject();
        }
    }

    private static string Name(string format, int number) => string.Format(CultureInfo.InvariantCulture, format, number);
}
