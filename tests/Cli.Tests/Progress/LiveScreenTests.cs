using CsCheck;
using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Following;

namespace Orchestrator.Cli.Tests.Progress;

/// <summary>What a terminal shows of a live table whose window changes.</summary>
public sealed class LiveScreenTests
{
    private const string Above = "$ orchestrator watch 7f";

    private static readonly ProgressModel Model =
        Sample.FirstGroup.Concat(Sample.BadEnd.Take(6)).Aggregate(Sample.Beginning(Sample.Running), (m, e) => m.After(e));

    [Fact]
    public void After_every_change_of_the_window_the_newest_picture_stands_whole_and_what_stood_above_is_untouched()
    {
        // A window of one column joins, once it is wider, what it had wrapped to what was drawn below: nobody can read that one either.
        var sizes = Gen.Select(Gen.Int[2, 120], Gen.Int[1, 30]).Array[1, 8];
        sizes.Sample(all =>
        {
            var terminal = new TerminalStream(80, 24);
            var screen = new Screen(terminal, () => terminal.Size, isTerminal: true, understands: true, colours: true);
            screen.Write(Above);
            using var live = new LiveScreen(screen);
            var (second, lowest) = (70, 24);
            foreach (var (columns, rows) in all)
            {
                terminal.Resize(columns, rows);
                lowest = Math.Min(lowest, rows);
                var picture = LiveTable.Lines(Model, Sample.At(second++), columns, rows);
                live.Draw(picture);
                string[] drawn = [.. picture.Select(l => l.ToString().TrimEnd())];
                Assert.Equal(drawn, terminal.Rows.Skip(terminal.Rows.Count - 1 - drawn.Length).SkipLast(1));
                Assert.Equal(Above, terminal.Lines[0]);
                // A window that was never lower than a picture keeps nothing of an older one.
                if (lowest > 20 && all.All(s => s.Item1 > 30))
                    Assert.Equal(drawn.Length + 2, terminal.Lines.Count);
            }
            live.Leave();
            Assert.False(terminal.CursorIsHidden);
        });
    }

    [Fact]
    public void A_window_that_became_narrower_has_wrapped_the_picture_and_shows_it_once_all_the_same()
    {
        var terminal = new TerminalStream(100, 40);
        var screen = new Screen(terminal, () => terminal.Size, isTerminal: true, understands: true, colours: false);
        screen.Write(Above);
        using var live = new LiveScreen(screen);
        foreach (var columns in new[] { 100, 40, 100, 60, 31 })
        {
            terminal.Resize(columns, 40);
            live.Draw(LiveTable.Lines(Model, Sample.At(columns), columns, 40));
            Assert.Equal(Above, terminal.Lines[0]);
            Assert.Single(terminal.Lines, l => l.Contains($"{Model.Id}", StringComparison.Ordinal));
        }
    }
}
