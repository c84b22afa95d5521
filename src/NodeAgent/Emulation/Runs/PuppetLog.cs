using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.NodeAgent.Emulation.Scenarios;

namespace Orchestrator.NodeAgent.Emulation.Runs;

/// <summary>Writes the log of a run as Puppet does: the lines by which its result can be told, in their order.</summary>
internal static partial class PuppetLog
{
    private const string Puppet = "Puppet";
    private const string Main = "/Stage[main]/Main/";
    private const string PrerunFailed = "Could not run command from prerun_command: Execution of '/usr/local/sbin/before-puppet' returned 1: ";
    private const string PostrunFailed = "Could not run command from postrun_command: Execution of '/usr/local/sbin/after-puppet' returned 1: ";
    private const int MostChangesTold = 50;

    public static IReadOnlyList<ReportLine> Write(RunFacts facts, ReportedResources resources, double applySeconds)
    {
        var lines = new List<ReportLine>();
        var (begin, end) = ((long)Math.Floor(facts.LockedAt), (long)Math.Floor(facts.WrittenAt));
        void Say(long time, string level, string message, string source = Puppet) => lines.Add(new ReportLine(time, level, source, message));

        if (facts.Apply)
        {
            if (facts.Result == RunResult.PrerunFailure) Say(end, "err", PrerunFailed);
            else Applying(facts, resources, begin, end, applySeconds, Say);
            return lines;
        }
        if (facts.Settings.Puppet.Major >= 7) Say(begin, "info", $"Using environment '{facts.InitialEnvironment}'");
        if (!facts.EnvironmentExists)
        {
            Say(begin, "notice", $"Environment '{facts.InitialEnvironment}' not found on server, skipping initial pluginsync.");
            if (facts.CatalogCame) OtherEnvironment(facts, begin, Say);
        }
        Say(begin, "info", "Retrieving pluginfacts");
        Say(begin, "info", "Retrieving plugin");
        if (!TellsFailures(facts)) ScenarioLines(facts, begin, Say);
        if (facts.Result is RunResult.NoCatalog or RunResult.CachedCatalog)
        {
            Say(begin, "err", "Could not retrieve catalog from remote server: Error 500 on SERVER: Server Error: Evaluation Error: " +
                $"Error while evaluating a Function Call, emulated compile failure (file: /etc/puppetlabs/code/site.pp, line: 1, column: 1) on node "
                + $"{facts.Node}");
        }
        if (facts.Result == RunResult.NoCatalog)
        {
            Say(end, "warning", "Not using cache on failed catalog");
            Say(end, "err", "Could not retrieve catalog; skipping run");
            return lines;
        }
        if (facts.Result == RunResult.CachedCatalog) Say(begin, "info", $"Using cached catalog from environment '{facts.InitialEnvironment}'");
        if (facts.EnvironmentExists && facts.ConvergedEnvironment != facts.InitialEnvironment) OtherEnvironment(facts, begin, Say);
        if (!facts.OnlyReports) Say(begin, "info", $"Caching catalog for {facts.Node}");
        if (facts.Result == RunResult.PrerunFailure)
        {
            Say(end, "err", PrerunFailed);
            return lines;
        }
        Say(begin, "info", $"Applying configuration version '{facts.Settings.ConfigVersion}'");
        Applying(facts, resources, begin, end, applySeconds, Say);
        return lines;
    }

    /// <summary>What the applying of a catalog says, whoever applies it.</summary>
    private static void Applying(RunFacts facts, ReportedResources resources, long begin, long end, double applySeconds, Speaker say)
    {
        if (facts.Apply && !TellsFailures(facts)) ScenarioLines(facts, begin, say);
        if (facts.Result == RunResult.DependencyCycle)
        {
            say(end, "err", "Found 1 dependency cycle:\n(Notify[emulated-a] => Notify[emulated-b] => Notify[emulated-a])\\n" +
                "Try the '--graph' option and opening the resulting '.dot' file in OmniGraffle or GraphViz");
            say(end, "err", "Failed to apply catalog: One or more resource dependency cycles detected in graph");
            return;
        }
        if (facts.Result == RunResult.GenerateFailure)
        {
            const string Why = "Failed to generate additional resources using 'eval_generate': Could not read directory /etc/emulated.d";
            say(begin, "err", Why, Main + "File[/etc/emulated.d]");
        }
        Changes(facts, resources, end, say);
        Failures(facts, resources, end, say);
        if (facts.Result == RunResult.RunTimeout) say(end, "err", "change from 'notrun' to ['0'] failed: execution expired", Main + "Exec[emulated]/returns");
        else if (facts.IsCutShort) say(end, "notice", "Caught TERM; exiting");
        if (facts.AppliedToTheEnd) say(end, "notice", string.Create(CultureInfo.InvariantCulture, $"Applied catalog in {applySeconds:F2} seconds"));
        if (facts.Result == RunResult.PostrunFailure) say(end, "err", PostrunFailed);
    }

    private delegate void Speaker(long time, string level, string message, string source = Puppet);

    private static bool TellsFailures(RunFacts facts) => facts.Result is RunResult.FailedResources or RunResult.FailedRestart && !facts.OnlyReports;

    private static void ScenarioLines(RunFacts facts, long time, Speaker say)
    {
        foreach (var text in facts.Settings.Log) say(time, "err", text);
    }

    private static void OtherEnvironment(RunFacts facts, long time, Speaker say)
    {
        var (local, chosen) = (facts.InitialEnvironment, facts.ConvergedEnvironment);
        if (facts.Settings.Puppet.Major >= 7)
        {
            say(
                time, "notice",
                $"Local environment: '{local}' doesn't match server specified environment '{chosen}', restarting agent run with environment '{chosen}'");
        }
        else
        {
            say(time, "warning", $"Local environment: '{local}' doesn't match server specified node environment '{chosen}', switching agent to '{chosen}'.");
        }
    }

    private static void Changes(RunFacts facts, ReportedResources resources, long time, Speaker say)
    {
        var (count, message) = facts.OnlyReports
            ? (resources.OutOfSync, "current_value 'absent', should be 'file' (noop)")
            : (resources.Changed, facts.Result == RunResult.CachedCatalog ? "created (corrective)" : "created");
        for (var i = 1; i <= Math.Min(count, MostChangesTold); i++) say(time, "notice", message, $"{Main}File[/etc/emulated/{i}]/ensure");
        if (!facts.OnlyReports || count == 0) return;
        say(time, "notice", $"Would have triggered 'refresh' from {count} event{(count == 1 ? "" : "s")}", "Class[Main]");
        say(time, "notice", "Would have triggered 'refresh' from 1 event", "Stage[main]");
    }

    private static void Failures(RunFacts facts, ReportedResources resources, long time, Speaker say)
    {
        if (resources.Failed == 0) return;
        if (TellsFailures(facts) && facts.Settings.Log.Length > 0)
        {
            foreach (var text in facts.Settings.Log)
            {
                var reference = ResourceReference().Match(text);
                say(time, "err", text, reference.Success ? Main + reference.Value : Puppet);
            }
        }
        else if (facts.Result == RunResult.FailedRestart)
        {
            const string Why = "Could not restart Service[emulated]: Execution of '/bin/systemctl restart emulated' returned 1: ";
            if (resources.Changed > 0) say(time, "info", "Scheduling refresh of Service[emulated]", Main + "File[/etc/emulated/1]");
            say(time, "err", $"Failed to call refresh: {Why}", Main + "Service[emulated]");
            say(time, "err", Why, Main + "Service[emulated]");
        }
        else
        {
            // Puppet says it by itself, and then once more as the resource.
            const string Why = "Could not start Service[emulated]: Execution of '/bin/systemctl start emulated' returned 1: ";
            say(time, "err", Why);
            say(time, "err", $"change from 'stopped' to 'running' failed: {Why}", Main + "Service[emulated]/ensure");
        }
        if (resources.Skipped > 0 && facts.Full)
        {
            say(time, "notice", "Dependency Service[emulated] has failures: true", Main + "Notify[emulated]");
            say(time, "warning", "Skipping because of failed dependencies", Main + "Notify[emulated]");
        }
        say(time, "info", "Unscheduling all events on Class[Main]", "Class[Main]");
    }

    [GeneratedRegex(@"[A-Z]\w*(::[A-Z]\w*)*\[[^\]]+\]", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ResourceReference();
}
