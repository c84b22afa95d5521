using System.CommandLine;
using System.CommandLine.Help;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>The whole command line: every command, and the one place where a failure becomes a sentence and an exit code.</summary>
internal static class OrchestratorCommand
{
    private const int HelpWidth = 100;

    /// <summary>Runs one command line. Returns the process's exit code.</summary>
    public static async Task<int> RunAsync(string[] arguments, Surroundings surroundings)
    {
        try
        {
            return await ParseAndRunAsync(arguments, surroundings);
        }
        catch (CommandFailedException e)
        {
            return Fail(surroundings, e.Message, e.ExitCode);
        }
        catch (HostLostException e)
        {
            return Fail(surroundings, e.Message, ExitCodes.Unreachable);
        }
        catch (OperationCanceledException) when (surroundings.Interrupted.IsCancellationRequested)
        {
            return Fail(surroundings, "interrupted: nothing was changed", ExitCodes.Interrupted);
        }
        catch (OutputClosedException)
        {
            // Whoever read has read enough.
            return ExitCodes.Done;
        }
        catch (IOException e)
        {
            return Fail(surroundings, $"the output cannot be written: {e.Message}", ExitCodes.Failed);
        }
        catch (Exception e)
        {
            return Fail(surroundings, $"internal error, please report it: {e.GetType().Name}: {e.Message}", ExitCodes.Failed);
        }
    }

    /// <summary>All commands.</summary>
    public static RootCommand Build(Surroundings surroundings)
    {
        var root = new RootCommand(
            "Runs Puppet on the nodes of a multi-node application in dependency order: one group after another, each node held until its turn.");
        root.Add(PlanCommand.Build(surroundings));
        root.Add(RunCommand.Build(surroundings));
        root.Add(ListCommand.Build(surroundings));
        root.Add(ShowCommand.Build(surroundings));
        root.Add(WatchCommand.Build(surroundings));
        root.Add(EventsCommand.Build(surroundings));
        root.Add(WhyCommand.Build(surroundings));
        root.Add(NodesCommand.Build(surroundings));
        root.Add(PauseCommand.Build(surroundings));
        root.Add(ResumeCommand.Build(surroundings));
        root.Add(ApproveCommand.Build(surroundings));
        root.Add(CancelCommand.Build(surroundings));
        root.Add(AbandonCommand.Build(surroundings));
        root.Add(RetryCommand.Build(surroundings));
        root.Add(RollbackCommand.Build(surroundings));
        root.Add(ReleaseCommand.Build(surroundings));
        root.Add(HoldCommand.Build(surroundings));
        root.Add(ConfigCommand.Build(surroundings));
        root.Add(CompletionCommand.Build(surroundings));
        foreach (var help in root.Options.OfType<HelpOption>().ToList())
            root.Options.Remove(help);
        root.Add(new HelpOption("--help", "-h") { Action = new HelpWithExamples(new HelpAction { MaxWidth = HelpWidth }), Description = "show this help" });
        foreach (var version in root.Options.OfType<VersionOption>())
            version.Description = "show the version";
        return root;
    }

    private static async Task<int> ParseAndRunAsync(string[] arguments, Surroundings surroundings)
    {
        var parsed = Build(surroundings).Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
            throw Choices.Usage(UsageErrors.Of(parsed));
        // What the parser writes itself: help, version, completions.
        using var text = new StringWriter();
        var exitCode = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = text, Error = text, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        if (text.ToString().TrimEnd() is { Length: > 0 } written)
            surroundings.Out.Write(written.Split('\n').Select(line => new Line(new Span(line.TrimEnd('\r')))));
        return exitCode;
    }

    private static int Fail(Surroundings surroundings, string sentence, int exitCode)
    {
        try
        {
            surroundings.Error.Write(new Line(new Span("orchestrator: ", Tone.Bad), sentence));
        }
        catch (IOException)
        {
            // Nobody reads that either.
        }
        return exitCode;
    }
}
