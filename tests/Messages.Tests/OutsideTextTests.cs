namespace Orchestrator.Messages.Tests;

public class OutsideTextTests
{
    [Fact]
    public void What_is_too_long_is_cut_in_its_middle_so_that_its_begin_and_its_end_are_read()
    {
        var error = "Error 500 on SERVER: " + new string('x', 5000) + " (file: /etc/web/init.pp, line: 12) on node dev4.example.net";
        Assert.Equal(error, OutsideText.Middle(error, error.Length));
        var cut = OutsideText.Middle(error, 200);
        Assert.Equal(200, cut.Length);
        Assert.StartsWith("Error 500 on SERVER: x", cut, StringComparison.Ordinal);
        Assert.Contains(OutsideText.MiddleMarker, cut, StringComparison.Ordinal);
        Assert.EndsWith("line: 12) on node dev4.example.net", cut, StringComparison.Ordinal);
    }

    [Fact]
    public void No_pair_of_surrogates_is_torn_apart()
    {
        for (var longest = 10; longest < 40; longest++)
        {
            var cut = OutsideText.Middle(string.Concat(Enumerable.Repeat("😀", 100)), longest);
            Assert.DoesNotContain('\ufffd', System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(cut)));
        }
    }

    [Fact]
    public void Of_many_lines_those_in_the_middle_are_left_out_and_counted()
    {
        string[] lines = [.. Enumerable.Range(1, 100).Select(i => $"line {i} of the log")];
        Assert.Equal(lines, OutsideText.Middle(lines, 10_000));
        var few = OutsideText.Middle(lines, 200);
        Assert.InRange(few.Sum(l => l.Length), 1, 200);
        Assert.Equal(("line 1 of the log", "line 100 of the log"), (few[0], few[^1]));
        Assert.Contains(few, l => l == $"[{100 - (few.Length - 1)} more lines]");
    }

    [Fact]
    public void One_line_that_alone_is_too_long_is_cut_itself()
    {
        var few = OutsideText.Middle(["first", new string('x', 1000), "last"], 200);
        Assert.Equal(("first", "last", 3), (few[0], few[^1], few.Length));
        Assert.Contains(OutsideText.MiddleMarker, few[1], StringComparison.Ordinal);
        Assert.InRange(few.Sum(l => l.Length), 1, 200);
    }
}
