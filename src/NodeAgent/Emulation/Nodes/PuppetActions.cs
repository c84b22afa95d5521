using System.Globalization;
using Orchestrator.NodeAgent.Agents;
using Orchestrator.NodeAgent.Emulation.Runs;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Emulation.Nodes;

/// <summary>The puppet agent's actions on an emulated node: what they do and say, in the order in which a real agent looks at things.</summary>
internal sealed class PuppetActions(string node, long seed, NodeSettings settings, NodeClock clock, PuppetOnNode puppet)
{
    private const string Ok = "OK";
    private const string EmptySummary = "no implicit conversion of nil into Hash";
    private const int DefaultSplayLimit = 30;
    private int _splays;
    private int _temporaryFiles;

    public AgentAnswer Perform(AgentCall call, long now)
    {
        AgentAnswer Answer(int code, string words, AgentData data) => new(code, words, data, clock.WholeSeconds(now));
        if (call.Action == AgentAction.Unknown)
        {
            return Answer(
                4, $"Attempted to call action {call.ActionName} for puppet but it's not declared in the DDL", new AgentData.Empty());
        }
        if (call.Refusal is { } refusal) return Answer(4, refusal, AgentData.DefaultOf(call.Action));
        if (settings.Deny.Contains(call.ActionName)) return Answer(1, "You are not authorized to call this agent or action.", AgentData.DefaultOf(call.Action));
        var isSwitch = call.Action is AgentAction.Enable or AgentAction.Disable;
        if (puppet.SummaryIsEmpty && !isSwitch) return Answer(5, EmptySummary, AgentData.DefaultOf(call.Action));
        switch (call.Action)
        {
            case AgentAction.Status:
                return Answer(0, Ok, Status(now));
            case AgentAction.LastRunSummary:
                return Answer(0, Ok, new SummaryData(puppet.LastReport, puppet.ManagedResources, clock.WholeSeconds(now), call.Logs));
            case AgentAction.Enable:
                var enabled = puppet.Enable();
                return Switched(enabled, enabled ? "Succesfully enabled the Puppet agent" : "Could not enable Puppet: Already enabled", now);
            case AgentAction.Disable:
                var message = call.Message
                    ?? string.Create(CultureInfo.InvariantCulture, $"Disabled via MCollective by {call.Caller} at {clock.Shown(now):yyyy-MM-dd HH:mm}");
                var disabled = puppet.Disable(message);
                return Switched(disabled, disabled
                    ? $"Succesfully locked the Puppet agent: {message}"
                    : $"Could not disable Puppet: {WhyNotDisabled(now)}", now);
            default:
                var (started, words) = Runonce(call, now);
                return started ? Answer(0, Ok, new AgentData.Runonce(words, clock.WholeSeconds(now))) : Answer(1, words, new AgentData.Runonce(words, 0));
        }
    }

    private AgentAnswer Switched(bool done, string words, long now) =>
        puppet.SummaryIsEmpty
            ? new(5, EmptySummary, new AgentData.Switch(words, null), clock.WholeSeconds(now))
            : new(done ? 0 : 1, done ? Ok : words, new AgentData.Switch(words, !puppet.IsDisabled), clock.WholeSeconds(now));

    /// <summary>Ruby names the temporary file that it could not make: date, process and something random.</summary>
    private string WhyNotDisabled(long now)
    {
        if (!puppet.StateFolderIsMissing) return "Already disabled";
        var turn = _temporaryFiles++;
        var (process, random) = (Draws.Below(30_000, seed, node, "process", turn), Draws.Below(0x1000000, seed, node, "temporary file", turn));
        var name = string.Create(CultureInfo.InvariantCulture, $"agent_disabled.lock{clock.Shown(now):yyyyMMdd}-{process}-{random:x6}");
        return $"No such file or directory @ rb_sysopen - /opt/puppetlabs/puppet/cache/state/{name}";
    }

    private AgentData.Status Status(long now)
    {
        var lastRun = puppet.LastReport?.LastRun ?? 0;
        var since = clock.WholeSeconds(now) - lastRun;
        var hasDaemon = settings.Daemon != DaemonKind.None;
        var idling = hasDaemon && !puppet.IsApplying;
        var word = puppet.IsDisabled ? "disabled" : puppet.IsApplying ? "applying a catalog" : idling ? "idling" : "stopped";
        return new AgentData.Status(
            puppet.IsApplying, idling, !puppet.IsDisabled, hasDaemon, lastRun, since, word, puppet.DisableMessage,
            $"Currently {word}; last completed run {HumanDuration.Of(since)} ago");
    }

    private (bool Started, string Words) Runonce(AgentCall call, long now)
    {
        if (puppet.IsDisabled) return (false, puppet.DisableMessage.Length == 0 ? "Puppet is disabled" : $"Puppet is disabled: '{puppet.DisableMessage}'");
        if (call.Server is not null) return (false, "Passing 'server' option is not allowed in module configuration");
        if (puppet.IsApplying) return (false, "Puppet is currently applying a catalog, cannot run now");
        var signals = settings.Daemon == DaemonKind.Idle;
        var (options, splay) = Options(call, takesSplay: !signals);
        if (signals && options.Count > 0) return (false, "Cannot specify any custom puppet options when the daemon is running");
        puppet.Start(new RunOrder(call.Caller, call.Noop, Full: string.IsNullOrEmpty(call.Tags), call.Environment), now, splay);
        if (signals) return (true, "Signalled the running Puppet Daemon");
        return (true,
            $"Started a Puppet run using the 'puppet agent --onetime --no-daemonize --color=false --show_diff --verbose {string.Join(' ', options)}' command");
    }

    private (List<string> Options, TimeSpan Splay) Options(AgentCall call, bool takesSplay)
    {
        var options = new List<string>();
        if (!string.IsNullOrEmpty(call.Tags)) options.Add($"--tags {call.Tags}");
        var sleep = TimeSpan.Zero;
        if (takesSplay)
        {
            var splay = !call.Force && (call.Splay ?? true);
            options.Add(splay ? "--splay" : "--no-splay");
            var limit = call.Force ? null : call.SplayLimit ?? (splay ? DefaultSplayLimit : null);
            if (limit is { } seconds) options.Add(string.Create(CultureInfo.InvariantCulture, $"--splaylimit {seconds}"));
            if (splay) sleep = TimeSpan.FromSeconds(Draws.Below((limit ?? 0) + 1L, seed, node, "splay", _splays++));
        }
        if (call.Noop is { } noop) options.Add(noop ? "--noop" : "--no-noop");
        if (call.Environment is { } environment) options.Add($"--environment {environment}");
        if (call.UseCachedCatalog is { } cached) options.Add(cached ? "--use_cached_catalog" : "--no-use_cached_catalog");
        return (options, sleep);
    }
}
