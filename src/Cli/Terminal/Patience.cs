using Orchestrator.Cli.Text;
using Orchestrator.Messages;

namespace Orchestrator.Cli.Terminal;

/// <summary>
/// Says on a terminal what takes long, before a person wonders, and from time to time that it still does. Elsewhere, and where it is quick, nothing is said.
/// </summary>
internal static class Patience
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Unnoticed = TimeSpan.FromMilliseconds(700);

    /// <param name="what">Such as "Starting the host".</param>
    public static async Task<T> SayAsync<T>(CommandContext context, string what, Task<T> work)
    {
        if (context.IsQuiet || !context.Error.IsTerminal)
            return await work;
        using var done = new CancellationTokenSource();
        if (await Task.WhenAny(work, Task.Delay(Unnoticed, context.Clock, done.Token)) != work)
        {
            context.Error.Write(new Line(new Span($"{what} ...", Tone.Faint)));
            var begin = context.Clock.GetTimestamp();
            while (await Task.WhenAny(work, Task.Delay(Again, context.Clock, done.Token)) != work)
            {
                var waited = Durations.Whole(context.Clock.GetElapsedTime(begin));
                context.Error.Write(new Line(new Span($"{what} ... {waited}", Tone.Faint)));
            }
        }
        await done.CancelAsync();
        return await work;
    }

    public static Task SayAsync(CommandContext context, string what, Task work) => SayAsync(context, what, DoneAsync(work));

    private static async Task<bool> DoneAsync(Task work)
    {
        await work;
        return true;
    }
}
