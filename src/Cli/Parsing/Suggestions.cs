using System.CommandLine;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Host;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Parsing;

/// <summary>
/// What a shell is told when it asks what may come next: beside the words that are always the same, ids, nodes and groups that a running host knows. Nothing
/// is started for it, and nothing said where it fails: a key was pressed, no command given.
/// </summary>
internal static class Suggestions
{
    private const string Directive = "[suggest:";
    private const int MostDeployments = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The line up to the cursor that a shell asks about; null where the arguments are a command.</summary>
    public static string? LineOf(string[] arguments) =>
        arguments is [var first, var line] && first.StartsWith(Directive, StringComparison.Ordinal) ? line : null;

    /// <summary>Lets the command that is being typed suggest what the running host knows.</summary>
    public static async Task AddKnownNamesAsync(RootCommand root, string line, CommandContext context)
    {
        if (CommandOf(root, line) is not { } command)
            return;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupted);
        timeout.CancelAfter(Patience);
        try
        {
            using var host = await HostConnection.OfRunningAsync(context, timeout.Token);
            if (host is null)
                return;
            if (IdIn(command, line) is not { } id)
                await AddIdsAsync(command, host, timeout.Token);
            else
                await AddNodesAsync(command, await Latest.ResolveAsync(host, id, context), host, timeout.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or CommandFailedException)
        {
            // The words that are always the same are still suggested.
        }
    }

    /// <summary>Without options where a command takes something else: they are suggested once a dash is typed, and a shell adds its files.</summary>
    public static IEnumerable<string> Fitting(IEnumerable<string> suggestions, RootCommand root, string line) =>
        CommandOf(root, line) is { Arguments.Count: > 0 } or { Subcommands.Count: > 0 } && !line[(line.LastIndexOf(' ') + 1)..].StartsWith('-')
            ? suggestions.Where(s => !s.StartsWith('-'))
            : suggestions;

    private static async Task AddIdsAsync(Command command, HostConnection host, CancellationToken cancellationToken)
    {
        var argument = command.Arguments.FirstOrDefault(a => a.Name == "ID");
        var options = command.Options.Where(o => o.Name is "--before" or "--against").ToList();
        if (argument is null && options.Count == 0)
            return;
        var page = (await host.Client.GetDeploymentsAsync(MostDeployments, withCurrent: true, cancellationToken: cancellationToken)).Value;
        var lines = page.Deployments.AddRange(page.Current);
        argument?.CompletionSources.Add([.. lines.Where(l => MakesSense(command.Name, l)).Select(l => l.Id.Value)]);
        foreach (var option in options)
            option.CompletionSources.Add([.. lines.Select(l => l.Id.Value)]);
    }

    private static async Task AddNodesAsync(Command command, string id, HostConnection host, CancellationToken cancellationToken)
    {
        var argument = command.Arguments.FirstOrDefault(a => a.Name == "NODE");
        var (node, group) = (command.Options.FirstOrDefault(o => o.Name == "--node"), command.Options.FirstOrDefault(o => o.Name == "--group"));
        if (argument is null && node is null && group is null)
            return;
        var view = (await host.Client.GetDeploymentAsync(id, cancellationToken)).Value;
        string[] names = [.. view.Nodes.Select(n => n.Name.Value)];
        argument?.CompletionSources.Add(names);
        node?.CompletionSources.Add(names);
        group?.CompletionSources.Add([.. view.Nodes.Select(n => n.Group).Distinct().Order().Select(g => $"{g}")]);
    }

    /// <summary>Whether a verb may be meant for the deployment; what is not a verb may be for any.</summary>
    private static bool MakesSense(string verb, DeploymentLine line) => verb switch
    {
        "approve" => line.State == DeploymentPhase.AwaitingApproval,
        "pause" or "cancel" => !line.State.IsEnd(),
        "abandon" => !line.State.IsEnd() || line.Held > 0,
        "resume" => line.State == DeploymentPhase.Paused || (!line.State.IsEnd() && !line.Active),
        "retry" or "rollback" => line.State.IsEnd() && line.State != DeploymentPhase.Succeeded,
        _ => true,
    };

    private static Command? CommandOf(RootCommand root, string line) =>
        Words(line) is [_, var name, .. var rest, _] && root.Find(name) is { } command ? command.Find(rest.FirstOrDefault("")) ?? command : null;

    /// <summary>The id that has been typed, where the command takes one and the cursor is past it.</summary>
    private static string? IdIn(Command command, string line) =>
        command.Arguments.Any(a => a.Name == "ID") ? Words(line).Skip(2).SkipLast(1).FirstOrDefault(w => !w.StartsWith('-')) : null;

    /// <summary>The last one is that at the cursor, and may be empty.</summary>
    private static string[] Words(string line) =>
        [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. line.EndsWith(' ') ? [""] : Array.Empty<string>()];
}
