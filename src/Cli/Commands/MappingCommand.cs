using System.CommandLine;
using System.Text;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
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
                var printed = (await host.GetAsync(HostApi.Mapping, context.Interrupted)).Good();
                return context.End(ExitCodes.Done, () => Encoding.UTF8.GetString(printed.Body).TrimEnd('\n').Split('\n').Select(line => (Line)line));
            }
            var answer = await host.PostAsync(HostApi.Mapping, new MappingRequest(bytes, path!), MessagesJson.Plain.MappingRequest, context.Interrupted);
            if (answer.SiteProblems() is { } problems)
            {
                return Ending.Say(
                    () => context.Error.Write([.. PlanText.Problems(problems), "orchestrator: the mapping cannot be used: fix the problems above"]),
                    ExitCodes.Usage);
            }
            var view = answer.Good().Read(MessagesJson.Default.MappingView);
            return context.End(ExitCodes.Done, () => MappingText.Lines(path!, view));
        });
        return command;
    }
}
