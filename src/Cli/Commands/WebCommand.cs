using System.CommandLine;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>web</c>: a page of the host for a browser on this machine, which is there as long as the command.</summary>
internal static class WebCommand
{
    public static Command Build(CommandContext context)
    {
        var noBrowser = Choices.Flag("--no-browser", "only print the address");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "web", "Open a page for a browser on this machine, until Ctrl-C. It can see and do no more than you can. The address works once, for two minutes.")
        { noBrowser, output };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            using var host = await HostConnection.OpenAsync(context);
            await using var page = await host.Client.OpenPageAsync(context.Interrupted);
            if (form == Output.Text)
                context.Out.Write(new Line(new Span(page.Address.AbsoluteUri)));
            else
                context.Out.WriteJson(JsonSerializer.SerializeToUtf8Bytes(new PageOpened(page.Address.AbsoluteUri), MessagesJson.Plain.PageOpened));
            using var opened = parsed.GetValue(noBrowser) || form != Output.Text ? null : Browser.Open(page.Address, context);
            if (form == Output.Text)
                context.Error.Write(opened is null ? "Open it in a browser on this machine. Ctrl-C closes the page." : "Ctrl-C closes the page.");
            return await UntilClosedAsync(page, context);
        });
        return command;
    }

    private static async Task<int> UntilClosedAsync(OpenedPage page, CommandContext context)
    {
        try
        {
            await page.WaitForEndAsync(context.Interrupted);
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            return ExitCodes.Done;
        }
        throw new CommandFailedException(
            "the host closed the page: it is shutting down, or you are no longer allowed to see deployments", ExitCodes.Unreachable);
    }
}
