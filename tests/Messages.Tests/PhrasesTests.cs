namespace Orchestrator.Messages.Tests;

public sealed class PhrasesTests
{
    [Theory]
    [InlineData(0, "0 nodes are held")]
    [InlineData(1, "1 node is held")]
    [InlineData(2, "2 nodes are held")]
    [InlineData(4998, "4,998 nodes are held")]
    public void A_noun_and_its_verb_agree_with_their_number(int number, string sentence) =>
        Assert.Equal(sentence, $"{Phrases.Count(number, "node")} {Phrases.Agree(number, "is", "are")} held");

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "n1, n2")]
    [InlineData(3, "n1, n2, n3")]
    [InlineData(1503, "n1, n2, n3 and 1,500 more")]
    public void Of_many_names_the_first_are_listed(int count, string sentence)
    {
        var names = Enumerable.Range(1, count).Select(i => $"n{i}").ToList();
        Assert.Equal(sentence, Phrases.Some(names, most: 3));
        Assert.Equal(sentence, Phrases.FirstOf(names.Take(3), count, most: 3));
    }

    [Theory]
    [InlineData(-1, "0s")]
    [InlineData(0.0004, "0s")]
    [InlineData(0.0405, "40ms")]
    [InlineData(0.1, "0.1s")]
    [InlineData(5, "5s")]
    [InlineData(59.94, "59.9s")]
    [InlineData(59.96, "1m")]
    [InlineData(65.9, "1m6s")]
    [InlineData(3_599.9, "1h")]
    [InlineData(5_400, "1h30m")]
    [InlineData(5_430, "1h30m")]
    [InlineData(172_800, "2d")]
    [InlineData(183_600, "2d3h")]
    public void A_length_of_time_is_told_as_options_take_it(double seconds, string told)
    {
        Assert.Equal(told, Durations.Text(TimeSpan.FromSeconds(seconds)));
        Assert.NotNull(Durations.Ticks(told));
    }

    [Fact]
    public void What_goes_on_is_told_in_whole_seconds() => Assert.Equal("4s", Durations.Whole(TimeSpan.FromSeconds(4.9)));

    [Fact]
    public void A_moment_has_its_zone()
    {
        var at = new DateTimeOffset(2016, 7, 14, 13, 28, 38, TimeSpan.FromHours(2));
        Assert.Equal("2016-07-14 11:28:38 +0000", Phrases.Time(at));
        Assert.Equal("2016-07-14 07:58:38 -0330", Phrases.Time(at, TimeZoneInfo.CreateCustomTimeZone("test", new TimeSpan(-3, -30, 0), null, null)));
    }
}
