using System.Text;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Terminal;

/// <summary>Asks a person before something is done that is not undone easily.</summary>
internal static class Prompt
{
    private const int MostQuestions = 3;

    // Narrow enough for the narrowest usual terminal.
    private const int TextWidth = 78;

    /// <summary>Returns where the answer is yes. Throws <see cref="CommandFailedException"/> where it is no, or nobody answers.</summary>
    /// <param name="screen">Where the question is put.</param>
    /// <param name="consequences">What the person should know before the answer, a sentence or more each.</param>
    /// <param name="what">What is asked about, such as "run this plan".</param>
    public static async Task AskAsync(CommandContext context, Screen screen, IEnumerable<string> consequences, string what)
    {
        if (!context.InIsTerminal)
            throw Choices.Usage($"cannot ask whether to {what} because standard input is not a terminal: add --yes to confirm");
        screen.Write(consequences.SelectMany(text => Wrapped.Lines(text, TextWidth, "")));
        using var reader = new StreamReader(context.In, Encoding.UTF8, false, 256, leaveOpen: true);
        for (var asked = 0; asked < MostQuestions; asked++)
        {
            screen.Ask($"Are you sure you wish to {what}? (y/n)");
            var answer = await Task.Run(reader.ReadLine, context.Interrupted).WaitAsync(context.Interrupted);
            if (answer is null)
                screen.Write(Line.Empty);
            switch (answer?.Trim().ToUpperInvariant())
            {
                case "Y" or "YES":
                    return;
                case "N" or "NO":
                    throw new CommandFailedException("the answer was no: nothing was done", ExitCodes.Cancelled);
                case null:
                    asked = MostQuestions;
                    break;
            }
        }
        throw new CommandFailedException("expected y or n: nothing was done", ExitCodes.Usage);
    }
}
