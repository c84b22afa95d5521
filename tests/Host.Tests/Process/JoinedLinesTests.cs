using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Process;
using Orchestrator.Host.Tests.Testing;
using Serilog.Events;

namespace Orchestrator.Host.Tests.Process;

/// <summary>What the log has of warnings and errors that come again and again.</summary>
public sealed class JoinedLinesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Serilog.Core.Logger _log;

    public JoinedLinesTests()
    {
        _folder.Create();
        _log = HostLog.Open(_folder.State.Log, new HostSettings(), new LogLevels(LogEventLevel.Information), _time);
    }

    [Fact]
    public void The_first_is_written_at_once_and_the_next_ones_together_with_their_number_and_since_when()
    {
        for (var i = 0; i < 500; i++)
            _log.Error(new IOException("the disk is full"), "Deployment {Id} could not write", i);
        Assert.Equal(["Deployment 0 could not write", "System.IO.IOException: the disk is full"], Lines());

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Matches(@"^Deployment 499 could not write \(499 times since \d\d:\d\d:\d\d: IOException: the disk is full\)$", Lines()[^1]);

        _log.Error(new IOException("the disk is full"), "Deployment {Id} could not write", 7);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(["Deployment 7 could not write", "System.IO.IOException: the disk is full"], Lines()[^2..]);
    }

    [Fact]
    public void What_has_another_cause_or_is_no_warning_is_written_as_it_is()
    {
        for (var i = 0; i < 2; i++)
        {
            _log.Information("{Who} stopped it", "alice");
            _log.Warning("{Path} was refused: {Cause}", $"/{i}", "too busy");
            _log.Warning("{Path} was refused: {Cause}", $"/{i}", $"too large: {i}");
            _log.Warning("The certificate of {Name} expires", $"node{i}");
            _log.Error(new IOException($"disk {i}"), "It could not be written");
        }
        Assert.Equal(
            [
                "alice stopped it", "/0 was refused: too busy", "/0 was refused: too large: 0", "The certificate of node0 expires", "It could not be written",
                "System.IO.IOException: disk 0", "alice stopped it", "/1 was refused: too large: 1", "The certificate of node1 expires",
                "It could not be written", "System.IO.IOException: disk 1",
            ], Lines());
    }

    [Fact]
    public void Nothing_is_lost_where_there_are_very_many_causes_or_the_log_is_closed()
    {
        for (var i = 0; i < 150; i++)
        {
            _log.Warning("Cause {Number}", i);
            _log.Warning("Cause {Number}", i);
            _log.Warning("Cause {Number}", i);
        }
        HostLog.Close(_log);

        var lines = Lines();
        Assert.Equal(150, lines.Count(l => !l.EndsWith(')')));
        Assert.Equal(150, lines.Count(l => l.Contains(" (2 times since ", StringComparison.Ordinal)));
    }

    public void Dispose()
    {
        HostLog.Close(_log);
        _folder.Dispose();
    }

    /// <summary>The messages without time and level.</summary>
    private string[] Lines() => [.. ReadShared().Select(l => l.IndexOf("] ", StringComparison.Ordinal) is >= 0 and var at ? l[(at + 2)..] : l)];

    private List<string> ReadShared()
    {
        using var reader = new StreamReader(new FileStream(_folder.State.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
