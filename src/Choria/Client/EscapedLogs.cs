using Microsoft.Extensions.Logging;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Client;

/// <summary>
/// Loggers whose text is fit for a terminal: what a broker says comes to the log by way of NATS's client too, in its messages, their
/// values and its exceptions.
/// </summary>
internal sealed class EscapedLogs(ILoggerFactory inner) : ILoggerFactory
{
    private const int Longest = 2000;

    public ILogger CreateLogger(string categoryName) => new Escaped(inner.CreateLogger(categoryName));

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    /// <summary>The loggers behind it stay their owner's.</summary>
    public void Dispose()
    {
    }

    private static string Line(string text) => OutsideText.OneLine(text, Longest);

    private sealed class Escaped(ILogger inner) : ILogger
    {
        IDisposable? ILogger.BeginScope<TState>(TState state) => inner.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            var text = Line(formatter(state, exception));
            var told = exception is null ? null : new LoggedException(exception);
            if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            {
                inner.Log<IReadOnlyList<KeyValuePair<string, object?>>>(
                    logLevel, eventId, [.. values.Select(v => v.Value is string outside ? KeyValuePair.Create<string, object?>(v.Key, Line(outside)) : v)],
                    told, (_, _) => text);
            }
            else
            {
                inner.Log(logLevel, eventId, text, told, (_, _) => text);
            }
        }
    }

    /// <summary>An exception as the log shows it: line by line, each escaped.</summary>
    private sealed class LoggedException(Exception error) : Exception(Line(error.Message))
    {
        public override string? StackTrace => error.StackTrace;

        public override string ToString() => string.Join(Environment.NewLine, error.ToString().Split('\n').Select(l => Line(l.TrimEnd('\r'))));
    }
}
