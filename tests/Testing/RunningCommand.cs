using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Testing;

/// <summary>How a command ended and what it said.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
public sealed record Ran(int ExitCode, string Output, string Error)
{
    /// <summary>The deployment that is the last line of standard output.</summary>
    public DeploymentView Deployment() => Output.TrimEnd('\n').Split('\n')[^1] is { Length: > 0 } json && json[0] == '{'
        ? JsonSerializer.Deserialize(json, MessagesJson.Default.DeploymentView)!
        : throw new InvalidOperationException($"no deployment on standard output, exit code {ExitCode}: {Output}{Error}");

    /// <summary>Standard output as JSON.</summary>
    public JsonElement Json() => JsonDocument.Parse(Output).RootElement;

    /// <summary>
    /// The same. Throws where it is not clean: whatever a command is asked for and whatever comes from outside, it shows no stack trace and nothing that
    /// commands a terminal.
    /// </summary>
    internal Ran Clean(string words)
    {
        foreach (var text in new[] { Output, Error })
        {
            if (text.Any(c => char.IsControl(c) && c != '\n'))
                throw new InvalidOperationException($"{words} shows control characters: {text}");
            if (text.Contains("\n   at ", StringComparison.Ordinal) || text.Contains("Exception", StringComparison.Ordinal))
                throw new InvalidOperationException($"{words} shows its insides: {text}");
        }
        return this;
    }

    /// <summary>The last line of standard error.</summary>
    public string LastWord() => Error.TrimEnd('\n').Split('\n')[^1];
}

/// <summary>A command that runs. Its end is awaited with patience, and it never outlives the test.</summary>
public sealed class RunningCommand : IAsyncDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private readonly Process _process;
    private readonly string _words;
    private readonly StringBuilder _output = new();
    private readonly Task _outputRead;
    private readonly Task<string> _error;

    internal RunningCommand(Process process, string words)
    {
        (_process, _words) = (process, words);
        process.StandardInput.Close();
        _outputRead = ReadOutputAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>Its process's number.</summary>
    public int Id => _process.Id;

    /// <summary>What it has said so far on standard output.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Waits until standard output holds these words.</summary>
    public Task SaysAsync(string words) => Until.TrueAsync(
        async () => Output.Contains(words, StringComparison.Ordinal)
            || (_process.HasExited && _outputRead.IsCompleted
                ? throw new InvalidOperationException($"{_words} ended without saying \"{words}\": {Output}{await _error}")
                : false),
        $"{_words} says \"{words}\"");

    /// <summary>Waits for its end.</summary>
    public async Task<Ran> EndAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _outputRead.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_words} does not end; so far it said: {Output}");
        }
        return new Ran(_process.ExitCode, Output, await _error).Clean(_words);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    private async Task ReadOutputAsync()
    {
        var piece = new char[4096];
        while (await _process.StandardOutput.ReadAsync(piece) is > 0 and var count)
        {
            lock (_output)
                _output.Append(piece, 0, count);
        }
    }
}
