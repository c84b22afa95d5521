using CsCheck;

namespace Orchestrator.Messages.Tests;

public class NearestTests
{
    [Theory]
    [InlineData("ndoe", "node")]
    [InlineData("Node", "node")]
    [InlineData("nodes", "node")]
    [InlineData("produced", "produces")]
    [InlineData("Sql[ap1]", "Sql[app1]")]
    [InlineData("Sql[app01]", "Sql[app1]")]
    [InlineData("owner", null)]
    [InlineData("no", null)]
    [InlineData("", null)]
    public void A_slip_of_the_pen_is_recognised(string written, string? meant) =>
        Assert.Equal(meant, Nearest.Of(written, ["node", "produces", "consumes", "Sql[app1]"]));

    [Fact]
    public void Of_equally_near_names_the_first_in_order_is_given() => Assert.Equal("Sql[app1]", Nearest.Of("Sql[app3]", ["Sql[app2]", "Sql[app1]"]));

    [Theory]
    [InlineData("web1", "web1.a.net")]
    [InlineData("WEB1.a", "web1.a.net")]
    [InlineData("web", null)]
    [InlineData("web2.a.nte", "web2.a.net")]
    [InlineData("", null)]
    public void The_beginning_before_a_dot_means_the_whole_name(string written, string? meant) =>
        Assert.Equal(meant, Nearest.Of(written, ["web1.b.net", "web1.a.net", "web2.a.net"]));

    [Fact]
    public void Slips_are_counted_as_the_definition_says() =>
        Check.Sample(Gen.Select(Word, Word), words => Nearest.Slips(words.Item1, words.Item2, 100) == Slips(words.Item1, words.Item2));

    [Fact]
    public void Beyond_the_limit_slips_are_only_known_to_be_more() =>
        Check.Sample(Gen.Select(Word, Word, Gen.Int[0, 5]), t =>
        {
            var (one, other, most) = t;
            var (slips, told) = (Slips(one, other), Nearest.Slips(one, other, most));
            return slips <= most ? told == slips : told > most;
        });

    private static readonly Gen<string> Word = Gen.Char["abc"].Array[0, 7].Select(c => new string(c));

    /// <summary>The definition, letter by letter from the end.</summary>
    private static int Slips(string a, string b)
    {
        if (a.Length == 0 || b.Length == 0)
            return Math.Max(a.Length, b.Length);
        var slips = Math.Min(Math.Min(Slips(a[..^1], b), Slips(a, b[..^1])) + 1, Slips(a[..^1], b[..^1]) + (a[^1] == b[^1] ? 0 : 1));
        return a.Length > 1 && b.Length > 1 && a[^1] == b[^2] && a[^2] == b[^1] ? Math.Min(slips, Slips(a[..^2], b[..^2]) + 1) : slips;
    }
}
