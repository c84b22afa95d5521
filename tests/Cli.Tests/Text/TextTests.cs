using System.Globalization;
using System.Text.Json;
using CsCheck;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Tests.Text;

public sealed class TextTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("dev1.example.net", "dev1.example.net")]
    [InlineData("Grüße 東京 🚀 é", "Grüße 東京 🚀 é")]
    [InlineData("\u001b[2J", @"\u001b[2J")]
    [InlineData("a\r\nb\tc\0", @"a\u000d\u000ab\u0009c\u0000")]
    [InlineData("\u007f\u0085\u009b31m", @"\u007f\u0085\u009b31m")]
    [InlineData("x\u202eevil\u2066\u200f\u061c", @"x\u202eevil\u2066\u200f\u061c")]
    [InlineData("a\u2028b\u2029c\u200b\ufeff", @"a\u2028b\u2029c\u200b\ufeff")]
    [InlineData("tag \U000E0041", @"tag \udb40\udc41")]
    public void What_commands_a_terminal_or_cannot_be_seen_is_escaped(string text, string visible) => Assert.Equal(visible, VisibleText.Of(text));

    [Fact]
    public void Half_a_character_is_escaped() => Assert.Equal(@"\ud83d lone", VisibleText.Of("\ud83d lone"));

    [Fact]
    public void No_text_reaches_a_terminal_with_a_character_that_commands_it() =>
        Gen.Char.Array[0, 40].Select(c => new string(c)).Sample(text =>
            Assert.All(new Span(text).Text, (c, i) => Assert.DoesNotContain(CharUnicodeInfo.GetUnicodeCategory(new Span(text).Text, i), (UnicodeCategory[])
                [UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator])));

    [Fact]
    public void A_JSON_document_keeps_its_meaning_when_it_is_made_visible() =>
        Gen.Char.Where(c => !char.IsSurrogate(c)).Array[0, 40].Select(c => new string(c)).Sample(text =>
        {
            var json = JsonSerializer.Serialize(text, Relaxed);
            Assert.Equal(text, JsonSerializer.Deserialize<string>(VisibleText.Of(json)));
        });

    [Theory]
    [InlineData("abc", 3, "abc")]
    [InlineData("abcd", 3, "ab…")]
    [InlineData("東京都", 4, "東…")]
    [InlineData("東京都", 5, "東京…")]
    [InlineData("e\u0301e\u0301e\u0301", 2, "e\u0301…")]
    [InlineData("abc", 1, "…")]
    public void A_line_is_cut_to_the_columns_it_may_take(string text, int width, string cut)
    {
        Assert.Equal(cut, new Line(text).Cut(width).ToString());
        Assert.True(new Line(text).Cut(width).Width <= width);
    }

    [Fact]
    public void A_line_of_several_pieces_is_cut_where_the_columns_end()
    {
        var line = new Line(new Span("abc", Tone.Bad), new Span("def", Tone.Good), "");
        Assert.Equal("abcdef", line.Cut(6).ToString());
        Assert.Equal("abcd…", line.Cut(5).ToString());
        Assert.Equal("ab…", line.Cut(3).ToString());
        Assert.Equal(Tone.Bad, line.Cut(3).Spans[0].Tone);
    }

    [Theory]
    [InlineData("500ms", 0.5)]
    [InlineData("1.5s", 1.5)]
    [InlineData("10s", 10)]
    [InlineData("5m", 300)]
    [InlineData("168h", 604800)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172800)]
    [InlineData("1d1.5h10s500ms", 91810.5)]
    public void A_time_is_read_as_people_write_it(string text, double seconds)
    {
        Assert.True(Times.TryParse(text, out var time, out _));
        Assert.Equal(seconds, time.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("10")]
    [InlineData("1.5.5s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData("0ms")]
    [InlineData("10d")]
    [InlineData("30m1h")]
    [InlineData("1h1h")]
    [InlineData("1h30")]
    [InlineData("6d25h")]
    [InlineData("99999999999999999999s")]
    [InlineData("9223372036854775807h")]
    [InlineData("١s")]
    public void Anything_else_is_no_time(string text)
    {
        Assert.False(Times.TryParse(text, out _, out var problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Moments_are_shown_as_the_seed_shows_them()
    {
        var zone = TimeZoneInfo.CreateCustomTimeZone("test", new TimeSpan(-3, -30, 0), null, null);
        Assert.Equal("2016-07-14 07:58:38 -0330", Phrases.Time(new DateTimeOffset(2016, 7, 14, 13, 28, 38, TimeSpan.FromHours(2)), zone));
    }

    [Fact]
    public void Colours_are_written_only_where_they_are_wanted()
    {
        var line = new Line(new Span("bad\u001b", Tone.Bad), " plain");
        using var plain = new MemoryStream();
        new Screen(plain, () => null, isTerminal: true, understands: true, colours: false).Write(line);
        using var dumb = new MemoryStream();
        new Screen(dumb, () => null, isTerminal: true, understands: false, colours: true).Write(line);
        using var pipe = new MemoryStream();
        new Screen(pipe, () => null, isTerminal: false, understands: true, colours: true).Write(line);
        using var colours = new MemoryStream();
        new Screen(colours, () => null, isTerminal: true, understands: true, colours: true).Write(line);
        Assert.All([plain, dumb, pipe], s => Assert.Equal("bad\\u001b plain\n"u8.ToArray(), s.ToArray()));
        Assert.Equal("\u001b[31mbad\\u001b\u001b[0m plain\n"u8.ToArray(), colours.ToArray());
    }

    /// <summary>A table of names keeps its columns as long as some of the last one can be read, and says where it was cut.</summary>
    [Theory]
    [InlineData(36, "node  message", "web1  the certificate has run out o…")]
    [InlineData(22, "node  message", "web1  the certificate…")]
    [InlineData(16, "node  message", "web1  the certi…")]
    [InlineData(15, "web1:", "    message the", "    certificate", "    has run out", "    on web1, so", "    nothing is", "    sent")]
    public void A_table_is_told_in_words_where_its_columns_have_no_room(int width, params string[] lines)
    {
        var table = new Table(new("node"), new("message"));
        table.Add("web1", "the certificate has run out on web1, so nothing is sent");
        Assert.Equal(lines, table.Lines(width).Select(l => l.ToString()));
    }

    [Fact]
    public void Columns_that_may_leave_a_narrow_table_are_named_below_it_and_empty_ones_are_not_there()
    {
        var table = new Table(new("id"), new("held", true, 3), new("environment", Leaves: 2), new("by", Leaves: 1), new("why"));
        table.Add("7f3k2m1q", "", "production", "alice", "it failed");
        Assert.Equal(["id        environment  by     why", "7f3k2m1q  production   alice  it failed"], table.Lines(40).Select(l => l.ToString()));
        Assert.Equal(["id        environment  why", "7f3k2m1q  production   it failed", "(no room for by)"], table.Lines(35).Select(l => l.ToString()));
        Assert.Equal(["id        why", "7f3k2m1q  it failed", "(no room for environment, by)"], table.Lines(25).Select(l => l.ToString()));
    }

    [Fact]
    public void A_line_of_several_spans_is_broken_between_words_and_keeps_their_tones()
    {
        var line = new Line("  ", new Span("one two", Tone.Strong), new Span(" three four", Tone.Bad));
        var broken = Wrapped.Fit(line, 20, "  ").ToList();
        Assert.Equal(["  one two three four"], broken.Select(l => l.ToString()));
        broken = [.. Wrapped.Fit(new Line([new Span("a", Tone.Good), .. line.Spans, new Span(" five", Tone.Faint)]), 20, "  ")];
        Assert.Equal(["a  one two three", "  four five"], broken.Select(l => l.ToString()));
        Assert.Equal([("  ", Tone.Plain), ("four", Tone.Bad), (" five", Tone.Faint)], broken[1].Spans.Select(s => (s.Text, s.Tone)));
    }
}
