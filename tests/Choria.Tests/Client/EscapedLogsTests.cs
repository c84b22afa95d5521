using Microsoft.Extensions.Logging;
using Orchestrator.Choria.Client;
using Orchestrator.Messages.Fleet;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>A broker's words cannot command the terminal that shows the log.</summary>
public sealed class EscapedLogsTests
{
    private const string Hostile = "no way\u001b[2J\nroot: all is well";
    private const string Harmless = @"no way\u001b[2J\u000aroot: all is well";

    [Fact]
    public void A_message_and_its_values_are_escaped()
    {
        var log = new Kept();
        new EscapedLogs(log).CreateLogger("NATS.Client.Core").LogError("the broker says {Words} to {Count}", Hostile, 3);

        Assert.Equal($"the broker says {Harmless} to 3", log.Text);
        Assert.Equal([Harmless, 3, "the broker says {Words} to {Count}"], log.Values.Select(v => v.Value));
    }

    [Fact]
    public void An_exception_is_escaped_line_by_line()
    {
        var log = new Kept();
        new EscapedLogs(log).CreateLogger("NATS.Client.Core").LogError(new InvalidOperationException("x\u001b[2J", new IOException("y\u0007")), "it broke");

        Assert.DoesNotContain(log.Error!.ToString(), c => char.IsControl(c) && !Environment.NewLine.Contains(c, StringComparison.Ordinal));
        Assert.Contains(@"InvalidOperationException: x\u001b[2J", log.Error.ToString(), StringComparison.Ordinal);
        Assert.Contains(@"IOException: y\u0007", log.Error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Why_a_fleet_cannot_be_reached_is_fit_for_a_log()
    {
        Assert.Equal(Harmless, new FleetUnavailableException(Hostile).Message);
        Assert.Equal(Harmless, new FleetUnavailableException(Hostile, new IOException()).Message);
    }

    private sealed class Kept : ILoggerFactory, ILogger
    {
        public string? Text { get; private set; }

        public Exception? Error { get; private set; }

        public IReadOnlyList<KeyValuePair<string, object?>> Values { get; private set; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        IDisposable ILogger.BeginScope<TState>(TState state) => Stream.Null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            (Text, Error, Values) = (formatter(state, exception), exception, (IReadOnlyList<KeyValuePair<string, object?>>)state!);

        public void Dispose()
        {
        }
    }
}
