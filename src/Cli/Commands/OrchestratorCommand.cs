using System.CommandLine;
using System.CommandLine.Help;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary>The whole command line: every command, and the one place where a failure becomes a sentence and an exit code.</summary>
internal static class OrchestratorCommand
{
    private const int UsualHelpWidth = 80;

    /// <summary>Longer lines are hard to read.</summary>
    private const int LargestHelpWidth = 100;

    public static async Task<int> RunAsync(string[] arguments, CommandContext context)
    {
        try
        {
            return await ParseAndRunAsync(arguments, context);
        }
        catch (CommandFailedException e)
        {
            return Fail(e.Message, e.ExitCode, e.Problem);
        }
        catch (HostRefusedException e) when (e.SiteProblems is { } problems)
        {
            return SiteChoices.Tell(problems, e.Json, FailureText.FormOf(arguments), context);
        }
        catch (HostRefusedException e) when (e.Problem is { } problem)
        {
            return Fail(ProblemText.Of(problem), ProblemText.ExitCodeOf(problem), problem);
        }
        catch (HostException e)
        {
            return Fail(Advice.After(e.Message, WhatToDo(e)), ExitCodes.Unreachable);
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            return Fail("interrupted: nothing was changed", ExitCodes.Interrupted);
        }
        catch (OutputClosedException e)
        {
            // What a command had begun, or knew, by then it tells itself.
            return Fail($"{e.Message}: nothing was begun", ExitCodes.Interrupted);
        }
        catch (OutputException e)
        {
            return Fail(e.Message, ExitCodes.Failed);
        }
        catch (Exception e)
        {
            return Fail($"internal error, please report it: {e.GetType().Name}: {e.Message}", ExitCodes.Failed);
        }

        int Fail(string sentence, int exitCode, ApiProblem? problem = null)
        {
            FailureText.Write(context, FailureText.FormOf(arguments), sentence, exitCode, problem);
            return exitCode;
        }
    }

    private static string? WhatToDo(HostException cause) => (cause as HostUnusableException)?.File switch
    {
        UnusableFile.CertificateAuthority => "set ca in the configuration",
        UnusableFile.Certificate => $"get one with \"orchestrator request-cert\", or set {HostChoice.TokenVariable}",
        _ => null,
    };

    /// <summary>Commands that ask no host.</summary>
    private static readonly string[] WithoutHost = ["verify", "export", "request-cert", "completion", "help", "version"];

    private static Option<string?> HostOption { get; } = new("--host")
    {
        HelpName = "ADDRESS",
        Description = $"ask this host: https://NAME:PORT, or a socket's path [default: ${HostChoice.Variable}]",
        Recursive = true,
    };

    public static RootCommand Build(CommandContext context)
    {
        var root = new RootCommand(
            "Runs Puppet on the nodes of a multi-node application in dependency order: one group after another, each node held until its turn.");
        root.Add(HostOption);
        root.Add(PlanCommand.Build(context));
        root.Add(RunCommand.Build(context));
        root.Add(ListCommand.Build(context));
        root.Add(ShowCommand.Build(context));
        root.Add(WatchCommand.Build(context));
        root.Add(WebCommand.Build(context));
        root.Add(EventsCommand.Build(context));
        root.Add(WhyCommand.Build(context));
        root.Add(NodesCommand.Build(context));
        root.Add(PauseCommand.Build(context));
        root.Add(ResumeCommand.Build(context));
        root.Add(ApproveCommand.Build(context));
        root.Add(CancelCommand.Build(context));
        root.Add(AbandonCommand.Build(context));
        root.Add(RetryCommand.Build(context));
        root.Add(RollbackCommand.Build(context));
        root.Add(ReleaseCommand.Build(context));
        root.Add(HoldCommand.Build(context));
        root.Add(RecoverCommand.Build(context));
        root.Add(VerifyCommand.Build(context));
        root.Add(ExportCommand.Build(context));
        root.Add(ImportCommand.Build(context));
        root.Add(PruneCommand.Build(context));
        root.Add(ConfigCommand.Build(context));
        root.Add(MappingCommand.Build(context));
        root.Add(PolicyCommand.Build(context));
        root.Add(TokenCommand.Build(context));
        root.Add(AuditCommand.Build(context));
        root.Add(RequestCertCommand.Build(context));
        root.Add(CompletionCommand.Build(context));
        root.Add(HelpCommand.Build(root));
        root.Add(VersionCommand.Build(context));
        foreach (var help in root.Options.OfType<HelpOption>().ToList())
            root.Options.Remove(help);
        var width = Math.Min(context.Out.TableWidth ?? UsualHelpWidth, LargestHelpWidth);
        root.Add(new HelpOption("--help", "-h")
        {
            Action = new HelpWithExamples(new HelpAction { MaxWidth = width }, width),
            Description = "show this help",
        });
        foreach (var version in root.Options.OfType<VersionOption>())
        {
            version.Description = "show the version";
            version.Aliases.Add("-V");
            version.Action = new VersionCommand.Shown(context);
        }
        return root;
    }

    private static async Task<int> ParseAndRunAsync(string[] arguments, CommandContext context)
    {
        var root = Build(context);
        var line = Suggestions.LineOf(arguments);
        if (line is not null)
            await Suggestions.AddKnownNamesAsync(root, line, context);
        var parsed = Parse(root, arguments.Length == 0 ? [HelpCommand.Name] : arguments);
        if (parsed.Action is not HelpWithExamples)
        {
            if (line is null && UsageErrors.OfOptions(root, arguments) is { } unknown)
                throw Choices.Usage(unknown);
            if (parsed.Errors.Count > 0)
                throw Choices.Usage(UsageErrors.Of(parsed));
            if (parsed.GetResult(HostOption) is not null && WithoutHost.Contains(parsed.CommandResult.Command.Name))
                throw Choices.Usage($"{parsed.CommandResult.Command.Name} asks no host: omit {HostOption.Name}");
            context.Host.Option = Choices.ReadText(parsed, HostOption);
        }
        // What the parser writes itself: help, version, completions.
        using var text = new StringWriter();
        var exitCode = await parsed.InvokeAsync(
            new InvocationConfiguration { Output = text, Error = text, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
        IEnumerable<string> written = text.ToString().TrimEnd() is { Length: > 0 } all ? all.Split('\n').Select(l => l.TrimEnd()) : [];
        if (line is not null)
            written = Suggestions.Fitting(written, root, line);
        return written.ToList() is { Count: > 0 } lines ? context.End(exitCode, () => lines.Select(l => new Line(new Span(l)))) : exitCode;
    }

    public static ParseResult Parse(RootCommand root, string[] arguments) =>
        root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
}
