using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>
/// The last words of a command whose exit code is known. That nobody reads them any more changes nothing about it; what cannot be written for another
/// reason is lost, and then the command has not succeeded.
/// </summary>
internal static class Ending
{
    public static int End(this CommandContext context, int exitCode, Func<IEnumerable<Line>> text) => Say(() => context.Out.Write(text()), exitCode);

    /// <summary>The host's answer, as it came where JSON was asked for.</summary>
    public static int End<T>(this CommandContext context, int exitCode, Output form, HostAnswer<T> answer, Func<IEnumerable<Line>> text) =>
        context.End(exitCode, form, answer.Json, text);

    public static int End(this CommandContext context, int exitCode, Output form, ReadOnlyMemory<byte> json, Func<IEnumerable<Line>> text) =>
        Say(() => Write(context, form, json, text), exitCode);

    /// <param name="say">Writes to the standard streams, and does nothing else.</param>
    public static int Say(Action say, int exitCode)
    {
        try
        {
            say();
        }
        catch (OutputClosedException)
        {
            // Whoever read has read enough.
        }
        catch (OutputException e)
        {
            throw new CommandFailedException(e.Message, Lost(exitCode));
        }
        return exitCode;
    }

    /// <summary>The exit code of a command whose last words were lost on the way, as on a full disk.</summary>
    public static int Lost(int exitCode) => exitCode == ExitCodes.Done ? ExitCodes.Failed : exitCode;

    private static void Write(CommandContext context, Output form, ReadOnlyMemory<byte> json, Func<IEnumerable<Line>> text)
    {
        if (form == Output.Text)
            context.Out.Write(text());
        else
            context.Out.WriteJson(json.Span);
    }
}
