using System.Collections;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;

namespace Orchestrator.Cli;

/// <summary>Everything outside the program that a command touches, handed in: streams, clock, environment, signals.</summary>
internal sealed record CommandContext
{
    public required Stream In { get; init; }

    /// <summary>Whether a person is asked when something is read from <see cref="In"/>.</summary>
    public required bool InIsTerminal { get; init; }

    /// <summary>Standard output: what was asked for.</summary>
    public required Screen Out { get; init; }

    /// <summary>Standard error: what went wrong, warnings, and questions where standard output is for programs.</summary>
    public required Screen Error { get; init; }

    public required IReadOnlyDictionary<string, string> Variables { get; init; }
    public required TimeProvider Clock { get; init; }

    /// <summary>The zone in which times are shown.</summary>
    public required TimeZoneInfo Zone { get; init; }

    /// <summary>The folder that the command's own binary lies in: the host is beside it.</summary>
    public required string BaseFolder { get; init; }

    /// <summary>Ends when the person presses Ctrl-C or the process is asked to end.</summary>
    public required CancellationToken Interrupted { get; init; }

    /// <summary>On what the settings of fleets depend, where the host is this user's own; null where it has settings of its own.</summary>
    public ImmutableSortedDictionary<string, string>? FleetVariables => Host.IsElsewhere ? null : Messages.Api.FleetVariables.Of(Variable);

    /// <summary>Which host it asks.</summary>
    public HostChoice Host => _host ??= new HostChoice(Variable);

    /// <summary>Whether the person wants to see nothing but what went wrong.</summary>
    public bool IsQuiet { get; init; }

    private HostChoice? _host;

    public string? Variable(string name) => Variables.GetValueOrDefault(name);

    /// <summary>The same for a command that shows nothing.</summary>
    public CommandContext Quiet() =>
        this with { Out = new Screen(Stream.Null, () => null, isTerminal: false, understands: false, colours: false), IsQuiet = true };

    public static CommandContext OfProcess(CancellationToken interrupted)
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "");
        var understands = variables.GetValueOrDefault("TERM") is { Length: > 0 } term && term != "dumb";
        var colours = string.IsNullOrEmpty(variables.GetValueOrDefault("NO_COLOR"));
        Screen ScreenOf(int descriptor, bool redirected) =>
            new(new StandardStream(descriptor), () => TerminalSize.Of(descriptor), !redirected, understands, colours);
        return new CommandContext
        {
            In = Console.OpenStandardInput(),
            InIsTerminal = !Console.IsInputRedirected,
            Out = ScreenOf(1, Console.IsOutputRedirected),
            Error = ScreenOf(2, Console.IsErrorRedirected),
            Variables = variables,
            Clock = TimeProvider.System,
            Zone = TimeZoneInfo.Local,
            BaseFolder = AppContext.BaseDirectory,
            Interrupted = interrupted,
        };
    }
}
