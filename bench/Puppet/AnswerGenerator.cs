using System.Globalization;
using System.Text;

namespace Orchestrator.Puppet.Bench;

/// <summary>
/// Answers as PuppetDB would give them: nodes in tiers, each of which exports, and all but those of the first tier collect from the tier before. Rows come in
/// no order. The same size gives the same bytes.
/// </summary>
internal static class AnswerGenerator
{
    private const int Tiers = 5;
    private static readonly string[] Types = ["Lab::Dbaccess", "Haproxy::Balancermember", "Nfs::Client::Mount", "Concat::Fragment", "File"];

    public static (byte[] Resources, byte[] Nodes) Of(int nodes, int exported, int collected)
    {
        var random = new Random(1);
        var rows = new (int Node, int Resource, bool IsExported)[nodes * (exported + collected)];
        var count = 0;
        var tier = nodes / Tiers;
        for (var node = 0; node < nodes; node++)
        {
            for (var resource = 0; resource < exported; resource++)
                rows[count++] = (node, node * exported + resource, true);
        }
        for (var row = 0; count < rows.Length; row++)
        {
            var node = tier + row % (nodes - tier);
            // Neighbours in steps of a prime: no resource twice in one catalog.
            var from = (node / tier - 1) * tier * exported;
            rows[count++] = (node, from + (int)((node * 7919L + row / (nodes - tier) * 104_729L) % (tier * (long)exported)), false);
        }
        random.Shuffle(rows);
        return (Bytes(rows.Select(Row)), Bytes(Enumerable.Range(0, nodes).Select(NodeRow)));

        string Row((int Node, int Resource, bool IsExported) row)
        {
            var title = string.Create(CultureInfo.InvariantCulture, $"app{row.Resource % exported} on {Name(row.Resource / exported)}");
            var hash = string.Create(
                CultureInfo.InvariantCulture, $"{row.Resource:x8}{row.Resource * 2654435761L:x16}{row.Resource * 40503L:x16}");
            return $$"""{"certname":"{{Name(row.Node)}}","type":"{{Types[row.Resource % Types.Length]}}","title":"{{title}}" """
                + $$""","exported":{{(row.IsExported ? "true" : "false")}},"resource":"{{hash}}","environment":"production"}""";
        }
    }

    private static string Name(int node) => string.Create(CultureInfo.InvariantCulture, $"node{node:d5}.dc{node % 3}.example.net");

    private static string NodeRow(int node) =>
        $$"""{"certname":"{{Name(node)}}","deactivated":null,"expired":null,"catalog_timestamp":"2026-11-28T11:37:35.054Z" """
        + ""","catalog_environment":"production","report_timestamp":"2026-11-28T11:33:36.849Z" """
        + ""","latest_report_status":"changed","cached_catalog_status":"not_used"}""";

    private static byte[] Bytes(IEnumerable<string> rows)
    {
        using var bytes = new MemoryStream();
        bytes.WriteByte((byte)'[');
        foreach (var row in rows)
        {
            if (bytes.Length > 1)
                bytes.WriteByte((byte)',');
            bytes.Write(Encoding.UTF8.GetBytes(row));
        }
        bytes.WriteByte((byte)']');
        return bytes.ToArray();
    }
}
