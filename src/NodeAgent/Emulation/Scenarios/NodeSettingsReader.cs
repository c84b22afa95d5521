using Orchestrator.YamlFiles;

namespace Orchestrator.NodeAgent.Emulation.Scenarios;

/// <summary>Reads what a scenario file says about a node, over what it does otherwise.</summary>
internal sealed class NodeSettingsReader(ScenarioValues values)
{
    private static readonly ImmutableArray<string> ScheduledKeys =
        ["after", "delay", "start-up", "run", "times", "full", "tags", "noop", "environment", "result", "apply"];

    /// <summary>What a rule says of the nodes that it names. The environment that it names is theirs, as where a classifier pins it.</summary>
    public NodeSettings ReadRule(YamlNode node, string what, NodeSettings otherwise) =>
        Read(node, what, otherwise) is var read && node is YamlNode.Mapping { Entries: var entries } && entries.Any(e => e.Key.Text == "environment")
            ? read with { EnvironmentIsPinned = true }
            : read;

    public NodeSettings Read(YamlNode node, string what, NodeSettings otherwise)
    {
        if (node is YamlNode.Scalar { IsNull: true }) return otherwise;
        var settings = otherwise;
        values.Map(node, what, ScenarioWords.NodeKeys, (key, value) => settings = Set(settings, key, value));
        return settings;
    }

    private NodeSettings Set(NodeSettings s, string key, YamlNode value) => key switch
    {
        "run" => s with { Run = values.Range(value, key) ?? s.Run },
        "start-lag" => s with { StartLag = values.Range(value, key) ?? s.StartLag },
        "answer" => s with { Answer = values.Range(value, key) ?? s.Answer },
        "result" => s with { Results = Results(value, key, s.Results) },
        "changed" => s with { Changed = values.Number(value, key) ?? s.Changed },
        "failed" => s with { Failed = values.Number(value, key) ?? s.Failed },
        "resources" => s with { Resources = values.Number(value, key) ?? s.Resources },
        "skipped" => s with { Skipped = values.Number(value, key) ?? s.Skipped },
        "config-version" => s with { ConfigVersion = values.Text(value, key) ?? s.ConfigVersion },
        "environment" => s with { Environment = values.Text(value, key) ?? s.Environment },
        "environments" => s with { Environments = Environments(value, key) ?? s.Environments },
        "log" => s with { Log = [.. ScenarioValues.Many(value).Select(line => values.Text(line, key)).OfType<string>()] },
        "summary" => s with { SummaryIsEmpty = values.Word(value, key, ScenarioWords.Summaries) ?? s.SummaryIsEmpty },
        "state-folder" => s with { StateFolderIsMissing = values.Word(value, key, ScenarioWords.StateFolders) ?? s.StateFolderIsMissing },
        "daemon" => s with { Daemon = values.Word(value, key, ScenarioWords.Daemons) ?? s.Daemon },
        "disabled" => s with { DisabledBefore = values.Text(value, key) ?? s.DisabledBefore },
        "applying" => s with
        {
            Applying = value is YamlNode.Scalar { Text: "stale" } ? new RunBefore(null)
            : values.Time(value, key) is { } time ? new RunBefore(time)
            : s.Applying
        },
        "deny" => s with { Deny = Actions(value, key) },
        "lost-reply" => s with { LostReply = Actions(value, key) },
        "silent" => s with { Silent = value is YamlNode.Scalar { Text: "always" } ? [new Silence.Always()] : Each(value, Silent) },
        "scheduled-run" => s with { ScheduledRuns = Each(value, Scheduled) },
        "person" => s with { People = Each(value, Person) },
        "clock" => s with { Clock = values.Offset(value, key) ?? s.Clock },
        "clock-step" => s with { ClockStep = Step(value) ?? s.ClockStep },
        "reboot" => s with { Reboot = Reboot(value) ?? s.Reboot },
        "puppet" => s with { Puppet = values.Version(value, key) ?? s.Puppet },
        _ => throw new InvalidOperationException($"the key '{key}' is known and not read"),
    };

    private ImmutableArray<RunResult> Results(YamlNode value, string key, ImmutableArray<RunResult> otherwise)
    {
        if (value is YamlNode.Sequence { Items.Count: 0 })
        {
            values.Word(value, key, ScenarioWords.Results);
            return otherwise;
        }
        return Each(value, item => values.Word(item, key, ScenarioWords.Results)) is { Length: > 0 } results ? [.. results.Select(r => r!.Value)] : otherwise;
    }

    /// <summary>One at least: a server without any is a mistake of the file.</summary>
    private ImmutableArray<string>? Environments(YamlNode value, string key)
    {
        if (value is not YamlNode.Sequence { Items.Count: 0 }) return Each(value, item => values.Text(item, key));
        values.Text(value, key);
        return null;
    }

    private ImmutableArray<string> Actions(YamlNode value, string key) => Each(value, item => values.Word(item, key, ScenarioWords.Actions))!;

    private Silence? Silent(YamlNode node)
    {
        const string what = "'silent' ('always', or a list of { action, from, count } or { after, for })";
        if (node is not YamlNode.Mapping { Entries: var entries } || !entries.Any(e => e.Key.Text is "after" or "for"))
        {
            string? action = null;
            (int From, int? Count) which = (1, null);
            values.Map(node, what, ["action", "from", "count"], (key, value) =>
            {
                switch (key)
                {
                    case "action": action = values.Word(value, key, ScenarioWords.Actions); break;
                    case "from": which.From = values.Number(value, key, 1) ?? 1; break;
                    case "count": which.Count = values.Number(value, key, 1); break;
                }
            });
            return values.Has(node, what, "action") && action is not null ? new Silence.Counted(action, which.From, which.Count) : null;
        }
        string? trigger = null;
        TimeSpan? time = null;
        values.Map(node, what, ["after", "for"], (key, value) =>
        {
            if (key == "after") trigger = values.Word(value, key, ScenarioWords.Triggers);
            else time = values.Time(value, key);
        });
        return values.Has(node, what, "after", "for") && trigger is not null && time is not null ? new Silence.After(trigger, time.Value) : null;
    }

    private ScheduledRun? Scheduled(YamlNode node)
    {
        var run = new ScheduledRun("");
        bool? tags = null;
        values.Map(node, "'scheduled-run'", ScheduledKeys, (key, value) =>
        {
            switch (key)
            {
                case "after": run = run with { Trigger = values.Word(value, key, ScenarioWords.Triggers) ?? "" }; break;
                case "delay": run = run with { Delay = values.Time(value, key) ?? run.Delay }; break;
                case "start-up": run = run with { StartUp = values.Time(value, key) }; break;
                case "run": run = run with { Run = values.Time(value, key) }; break;
                case "times": run = run with { Times = values.Number(value, key, 1) ?? run.Times }; break;
                case "full": run = run with { Full = values.Flag(value, key) ?? run.Full }; break;
                case "tags": tags = values.Flag(value, key); break;
                case "noop": run = run with { Noop = values.Flag(value, key) ?? run.Noop }; break;
                case "environment": run = run with { Environment = values.Text(value, key) }; break;
                case "result": run = run with { Result = values.Word(value, key, ScenarioWords.Results) }; break;
                case "apply": run = run with { Apply = values.Flag(value, key) ?? run.Apply }; break;
            }
        });
        if (tags == true) run = run with { Full = false };
        return values.Has(node, "'scheduled-run'", "after") && run.Trigger.Length > 0 ? run : null;
    }

    private PersonAct? Person(YamlNode node)
    {
        var act = new PersonAct("", TimeSpan.Zero, "", null);
        values.Map(node, "'person'", ["after", "delay", "does", "message"], (key, value) => act = key switch
        {
            "after" => act with { Trigger = values.Word(value, key, ScenarioWords.Triggers) ?? "" },
            "delay" => act with { Delay = values.Time(value, key) ?? act.Delay },
            "does" => act with { Does = values.Word(value, key, ScenarioWords.Deeds) ?? "" },
            _ => act with { Message = values.Text(value, key) },
        });
        return values.Has(node, "'person'", "after", "does") && act is { Trigger.Length: > 0, Does.Length: > 0 } ? act : null;
    }

    private ClockStep? Step(YamlNode node)
    {
        var step = new ClockStep("", TimeSpan.Zero);
        values.Map(node, "'clock-step'", ["after", "by"], (key, value) => step = key == "after"
            ? step with { Trigger = values.Word(value, key, ScenarioWords.Triggers) ?? "" }
            : step with { By = values.Offset(value, key) ?? step.By });
        return values.Has(node, "'clock-step'", "after", "by") && step.Trigger.Length > 0 ? step : null;
    }

    private Reboot? Reboot(YamlNode node)
    {
        var reboot = new Reboot("", TimeSpan.Zero, TimeSpan.Zero, Completes: true);
        values.Map(node, "'reboot'", ["after", "delay", "down", "completes"], (key, value) => reboot = key switch
        {
            "after" => reboot with { Trigger = values.Word(value, key, ScenarioWords.Triggers) ?? "" },
            "delay" => reboot with { Delay = values.Time(value, key) ?? reboot.Delay },
            "down" => reboot with { Down = values.Time(value, key) ?? reboot.Down },
            _ => reboot with { Completes = values.Flag(value, key) ?? reboot.Completes },
        });
        return values.Has(node, "'reboot'", "after", "down") && reboot.Trigger.Length > 0 ? reboot : null;
    }

    /// <summary>Reads each item; what could not be read is left out (its problem is in the list).</summary>
    private static ImmutableArray<T> Each<T>(YamlNode value, Func<YamlNode, T?> read) =>
        [.. ScenarioValues.Many(value).Select(read).Where(item => item is not null).Select(item => item!)];
}
