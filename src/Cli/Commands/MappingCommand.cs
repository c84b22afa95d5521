using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>mapping</c>: how a site is made of what PuppetDB has, to be read and changed; and whether a changed file can be used.</summary>
internal static class MappingCommand
{
    public static Command Build(CommandContext context)
    {
        var file = new Argument<string?>("FILE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "a mapping file to check [default: print the default mapping]",
        };
        var command = new Command(
            "mapping",
            "Print the default mapping, by which --source puppetdb derives the order of nodes from what they export and collect, "
            + "or check a mapping file.") { file };
        command.SetAction(async (parsed, _) =>
        {
            var path = Choices.ReadArgument(parsed, file);
            var bytes = path is null ? null : await Documents.ReadFileAsync(path, "mapping", Documents.LargestMapping, context.Interrupted);
            using var host = await HostConnection.OpenAsync(context);
            if (bytes is null)
            {
                var printed = await host.Client.GetMappingAsync(context.Interrupted);
                return context.End(ExitCodes.Done, () => printed.TrimEnd('\n').Split('\n').Select(line => (Line)line));
            }
            try
            {
                var view = (await host.Client.CheckMappingAsync(new MappingRequest(bytes, path!), context.Interrupted)).Value;
                return context.End(ExitCodes.Done, () => MappingText.Lines(path!, view));
            }
            catch (HostRefusedException e) when (e.SiteProblems is { } problems)
            {
                return Ending.Say(
                    () => context.Error.Write([.. PlanText.Problems(problems), "orchestrator: the mapping cannot be used: fix the problems above"]),
                    ExitCodes.Usage);
            }
        });
        return command;
    }
}
