using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>watch</c>: follows a deployment that somebody started.</summary>
internal static class WatchCommand
{
    public static Command Build(CommandContext context)
    {
        var id = Choices.LatestIdArgument();
        var timeout = Choices.Value("--timeout", "TIME", "stop watching after this time; the deployment continues [default: watch to its end]");
        var quiet = Choices.QuietOption();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command(
            "watch", "Follow a deployment from its first event to its end, and exit with its result.") { id, timeout, quiet, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var typed = Choices.ReadArgument(parsed, id);
            var longest = Choices.ReadTime(parsed, timeout, Timeout.InfiniteTimeSpan);
            var told = Choices.ReadQuiet(parsed, quiet, form, context);
            using var host = await HostConnection.OpenAsync(told);
            var name = await Latest.ResolveAsync(host, typed, told);
            using var late = new CancellationTokenSource(longest, context.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupted, late.Token);
            try
            {
                return await WatchedDeployment.ToTheEndAsync(host, name, carryOn: false, form, told with { Interrupted = either.Token });
            }
            catch (CommandFailedException e) when (
                e.ExitCode == ExitCodes.Interrupted && late.IsCancellationRequested && !context.Interrupted.IsCancellationRequested)
            {
                throw new CommandFailedException($"timed out after {parsed.GetValue(timeout)}: {e.Message}", ExitCodes.TimedOut);
            }
        });
        return command;
    }
}
