using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary><c>release --from-nodes</c>: frees nodes whose deployment no journal here knows, by what the nodes themselves say.</summary>
/// <param name="yes">The option of the whole command.</param>
internal sealed class ReleaseFromNodes(Option<bool> yes)
{
    private const string Name = "--from-nodes";
    private static readonly DeploymentOptions Defaults = new();

    private readonly Option<string?> _from = Choices.Value(
        Name, "SITE", "ask the nodes of this site, and enable those held by a deployment unknown to this host (its state folder is lost); ID is optional");

    private readonly SiteChoices _site = new();
    private readonly Option<string?> _rpcTimeout = Choices.Value("--rpc-timeout", "TIME", $"with {Name}: how long a node may take to answer [default: 10s]");

    public void AddTo(Command command)
    {
        command.Add(_from);
        _site.AddOptionsTo(command);
        command.Add(_rpcTimeout);
    }

    /// <summary>Whether the command line asks for it. What belongs to it alone is refused elsewhere.</summary>
    public bool IsAsked(ParseResult parsed)
    {
        if (parsed.GetResult(_from) is not null)
            return true;
        return parsed.CommandResult.Children.OfType<System.CommandLine.Parsing.OptionResult>()
            .FirstOrDefault(o => !o.Implicit && Own.Contains(o.Option.Name)) is { } stray
            ? throw Choices.Usage($"{stray.Option.Name} needs {Name} SITE; see orchestrator release --help")
            : false;
    }

    /// <summary>Carries it out; returns the exit code.</summary>
    /// <param name="id">The beginning of the deployment's id; null for any.</param>
    /// <param name="node">Only this node; null for all.</param>
    public async Task<int> RunAsync(ParseResult parsed, string? id, NodeName? node, Output form, CommandContext context)
    {
        var timeout = Choices.ReadTime(parsed, _rpcTimeout, Defaults.RpcTimeout);
        var site = await _site.ReadSiteAsync(parsed, context, Choices.ReadText(parsed, _from)!);
        var fleet = await _site.ReadFleetAsync(parsed, context);
        using var host = await HostConnection.OpenAsync(context);
        var found = (await host.Client.FindStraysAsync(new NodesRequest(site, fleet, timeout), context.Interrupted)).Value;
        var meant = Meant(found, id, node);
        if (meant.IsEmpty)
            return Tell(new StraysReleased(found.Left), form, context);
        if (!parsed.GetValue(yes))
        {
            await Prompt.AskAsync(context, context.Error, StrayList.Consequences(meant, found.Left), "enable these nodes");
            // A person may have thought for longer than a host stays that nobody asks anything.
            await host.EnsureHostAsync(context.Interrupted);
        }
        else if (id is null)
        {
            throw Choices.Usage($"--yes needs the deployment's ID, because it may still be running elsewhere: {string.Join(", ", meant.Select(d => d.Id))}");
        }
        var release = new StrayRelease(site, fleet, timeout, [.. meant.Select(d => d.Id)], node);
        return Tell((await host.Client.ReleaseStraysAsync(release, context.Interrupted)).Value, form, context);
    }

    private static IEnumerable<string> Own => ["--environment", "--instance", "--nodes", "--exclude", "--fleet", "--emulate", "--rpc-timeout"];

    private static ImmutableArray<StrayDeployment> Meant(StrayHolds found, string? id, NodeName? node)
    {
        var meant = found.Deployments
            .Where(d => id is null || d.Id.Value.StartsWith(id, StringComparison.Ordinal))
            .Select(d => node is { } one ? d with { Nodes = [.. d.Nodes.Where(n => n == one)] } : d)
            .Where(d => !d.Nodes.IsEmpty)
            .ToImmutableArray();
        if (id is null || meant.Any(d => d.Id.Value == id))
            return id is null ? meant : [.. meant.Where(d => d.Id.Value == id)];
        if (meant.Length > 1)
            throw Choices.Usage($"\"{id}\" is ambiguous: it matches {string.Join(", ", meant.Select(d => d.Id))}");
        if (meant.IsEmpty)
        {
            var other = found.Left.FirstOrDefault(
                n => n.Deployment is { } holder && holder.Value.StartsWith(id, StringComparison.Ordinal) && (node is null || n.Name == node));
            throw Choices.Usage($"nothing can be enabled for \"{id}\": "
                + (other is null
                    ? $"{node?.Value ?? "no node of the site"} {(node is null ? "carries" : "does not carry")} its message"
                    : $"{other.Name}: {StrayList.Why(other)}"));
        }
        return meant;
    }

    private static int Tell(StraysReleased released, Output form, CommandContext context)
    {
        var allAreFree = released.Nodes.All(n => n.State is StrayState.Released or StrayState.ByPerson or StrayState.ByKnown);
        return context.End(
            allAreFree ? ExitCodes.Done : ExitCodes.Failed, form,
            System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(released, MessagesJson.Plain.StraysReleased),
            () => StrayList.Lines(released, context.Out.TableWidth));
    }
}
