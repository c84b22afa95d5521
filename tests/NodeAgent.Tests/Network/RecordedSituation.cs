namespace Orchestrator.NodeAgent.Tests.Network;

/// <summary>In which situation the nodes were when a conversation was recorded, in the words of a scenario.</summary>
/// <param name="Settings">What the nodes do.</param>
/// <param name="Before">What had happened: at such a moment (seconds after <see cref="Nodes.Trial.Start"/>) a node was asked for something.</param>
internal sealed record RecordedSituation(string Settings = "", params string[] Before)
{
    /// <summary>The number of the first message that belongs to it: what was said before is of other runs, or of a time before the node was prepared.</summary>
    public string From { get; init; } = "";

    private const string LongMessage = "Disabled during orchastration job initiated by rip.mcollective at 2026-11-22 12:30:00 +0000";
    private const string Run14 = "290.95 dev1 runonce {\"force\":true}";
    private const string AsRun14 = "start-lag: 1060ms, run: 13.2s, changed: 3, resources: 10, config-version: lab-v1";
    private const string NineResources = "resources: 9, start-lag: 1.2s";
    private const string DaemonRuns = "daemon: idle, run: 3s";

    /// <summary>By the conversation.</summary>
    public static IReadOnlyDictionary<string, RecordedSituation> All { get; } = new Dictionary<string, RecordedSituation>
    {
        ["01-discovery-ping"] = new(),
        ["02-discovery-find-rpcutil"] = new(),
        ["03-status-never-run"] = new(),
        ["04-last_run_summary-never-run"] = new(),
        ["05-status-broadcast"] = new(),
        ["06-disable-with-message"] = new(),
        ["06x-disable-statedir-missing"] = new("state-folder: missing"),
        ["07-disable-when-disabled"] = new("", "288.2 dev1 disable {\"message\":\"first\"}"),
        ["08-status-disabled"] = new("", "288.2 dev1 disable {\"message\":\"" + LongMessage + "\"}"),
        ["09-runonce-while-disabled"] = new("", "288.2 dev1 disable {\"message\":\"" + LongMessage + "\"}"),
        ["10-enable"] = new("disabled: before"),
        ["100-head-client-ping"] = new(),
        ["101-head-client-status"] = new("", "1250.5 dev1 runonce {\"force\":true}"),
        ["104-head-node-unknown-action"] = new(),
        ["105-head-node-rogue"] = new(),
        ["106-head-node-future-time"] = new("", "1250.5 dev1 runonce {\"force\":true}"),
        ["107-gostyle-v1-request-to-ruby-node"] = new("", "1250.5 dev1 runonce {\"force\":true}"),
        ["11-enable-when-enabled"] = new(),
        ["12-disable-default-message"] = new(),
        ["120-foreign-apply-success"] = Foreign("518314.208", "changed: 2", "start-up: 2s, run: 3.03s, apply: true"),
        ["121-foreign-apply-fail"] = Foreign("518328.988", "changed: 0", "start-up: 2.1s, run: 27ms, apply: true, result: failed-resources"),
        ["122-foreign-agent-tags"] = Foreign("518332.674", "changed: 0, config-version: 1795868335", "start-up: 1.2s, run: 2s, tags: true"),
        ["123-foreign-agent-noop"] = Foreign("518344.069", "changed: 1, config-version: 1795868346", "start-up: 1.2s, run: 1.6s, noop: true"),
        ["124-foreign-agent-environment"] = Foreign("518348.385", "changed: 2, config-version: 1795868350", "start-up: 1.2s, run: 2.8s, environment: staging"),
        ["125-runonce-environment-nosuch"] = Ours("changed: 2, config-version: 1795868357, run: 5s, environments: [production, staging]"),
        ["126-runonce-node-noop"] = Ours("changed: 1, config-version: 1795868364, run: 1.4s, result: noop-configured"),
        ["127-runonce-node-noop-overridden"] = Ours("changed: 1, config-version: 1795868368, run: 3.6s, result: noop-configured"),
        ["128-foreign-agent-full"] = Foreign("518372.511", "changed: 1, config-version: 1795868374", "start-up: 1.2s, run: 3.4s"),
        ["129-runonce-schedule-skipped"] = new("changed: 0, config-version: 1795868466, start-lag: 1.2s, run: 1.3s, resources: 13, skipped: 5")
        {
            From = "005",
        },
        ["13-enable-again"] = new("", "288 dev1 disable {\"message\":\"x\"}"),
        ["130-runonce-sigterm"] = Ours("changed: 1, config-version: 1795868555, run: 2.9s, result: [success, terminated]", "518547.3"),
        ["131-summary-empty"] = new("summary: empty") { From = "005" },
        ["132-statedir-missing"] = Ours("changed: 1, config-version: 1795868475, run: 3.3s, state-folder: missing") with { From = "013" },
        ["133-runonce-runtimeout"] = Ours("changed: 1, config-version: 1795868561, run: 4.3s, result: [success, runtimeout]", "518551.9"),
        ["134-runonce-plain"] = Ours("changed: 1, config-version: 1795868663, run: 3.6s", "518629.9"),
        ["136-runonce-behind-foreign-run"] = new(
            "resources: 9, changed: 1, config-version: 1795868680, start-lag: 1.6s, run: 3s, result: [terminated, failed-resources], " +
            "scheduled-run: { after: check, start-up: 1.2s, run: 7.6s, result: success }",
            "518672.8 dev2 runonce {\"force\":true}", "518678.515 dev2 status {}")
        { From = "005" },
        ["137-foreign-apply-inside-runonce"] = Ours(
            "changed: 1, config-version: 1795868529, run: 11.3s, scheduled-run: { after: runonce, delay: 2430ms, start-up: 2s, run: 1.03s, apply: true }"),
        ["139-runonce-sigkill"] = Ours("changed: 1, config-version: 1795868663, run: 2.9s, result: [success, dies]", "518661.3"),
        ["14-runonce"] = new(),
        ["140-foreign-agent-compile-failed"] = Foreign("518571.074", "changed: 1", "start-up: 1.2s, run: 1.3s, result: no-catalog"),
        ["143-runonce-tags"] = Ours("changed: 1, config-version: 1795868584, run: 3.4s"),
        ["15-status-just-after-runonce"] = new("", Run14),
        ["16-status-applying"] = new("", Run14),
        ["17-runonce-while-applying"] = new("", Run14),
        ["18-last_run_summary-during-first-run"] = new("", Run14),
        ["19-disable-while-applying"] = new("run: 13s", Run14),
        ["20-status-applying-and-disabled"] = new("run: 13s", Run14, "294 dev1 disable {\"message\":\"disabled mid-run\"}"),
        ["21-runonce-while-disabled-and-applying"] = new("run: 13s", Run14, "294 dev1 disable {\"message\":\"disabled mid-run\"}"),
        ["22-enable-while-applying"] = new("run: 13s", Run14, "294 dev1 disable {\"message\":\"disabled mid-run\"}"),
        ["23-status-idle-after-run"] = new(AsRun14, Run14),
        ["24-last_run_summary-success"] = new(AsRun14, "290.95 dev1 runonce {\"force\":true}"),
        ["25-last_run_summary-logs"] = new(AsRun14, "290.95 dev1 runonce {\"force\":true}"),
        ["26-runonce-resourcefail"] = new(),
        ["27-last_run_summary-failed-resources"] = new(
            "result: failed-resources, failed: 1, changed: 1, resources: 12, config-version: lab-v1, run: 2s", "209.5 dev1 runonce {\"force\":true}"),
        ["29-runonce-compilefail"] = new("result: no-catalog, start-lag: 1.5s, run: 2.1s", "208.8 dev1 runonce {\"force\":true}"),
        ["30-last_run_summary-compile-failed"] = new("result: no-catalog, run: 2s", "217.5 dev1 runonce {\"force\":true}"),
        ["32-last_run_summary-compile-failed-logs"] = new("result: no-catalog, run: 2s", "217.5 dev1 runonce {\"force\":true}"),
        ["33-runonce-short-run"] = new(),
        ["35-runonce-noop"] = new(),
        ["36-last_run_summary-noop"] = new("changed: 1, resources: 10, config-version: lab-v1, run: 2s", "235.5 dev1 runonce {\"force\":true,\"noop\":true}"),
        ["37-runonce-no-force-default-splay"] = new(),
        ["40-unauthorised-actionpolicy"] = new("deny: [status]"),
        ["41-cert-not-in-whitelist-dropped"] = new(),
        ["42-unknown-action"] = new(),
        ["43-unknown-agent-directed"] = new(),
        ["44-unknown-agent-broadcast"] = new(),
        ["46-future-time"] = new(AsRun14, Run14),
        ["47-invalid-data-shellsafe"] = new(),
        ["49-invalid-data-maxlength"] = new(),
        ["50-unknown-input"] = new(AsRun14, Run14),
        ["51-missing-required-data"] = new(),
        ["52-tampered-message"] = new(),
        ["53-rogue-ca-cached-callerid"] = new(),
        ["54-callerid-mismatch"] = new(),
        ["55-same-requestid-twice"] = new(AsRun14, Run14),
        ["56-strict-base64"] = new(AsRun14, Run14),
        ["57-filter-identity-not-matching"] = new(),
        ["58-no-nats-reply-only-header"] = new(AsRun14, Run14),
        ["59-nats-reply-but-no-header"] = new(),
        ["60-body-without-data"] = new(),
        ["61-filter-empty-object"] = new(AsRun14, Run14),
        ["62-body-symbol-keys"] = new(),
        ["63-extra-envelope-key"] = new(),
        ["64-data-with-process_results"] = new(AsRun14, Run14),
        ["65-wrong-collective"] = new(AsRun14, Run14),
        ["66-agentfilter-nosuch"] = new(),
        ["68-ping-body-raw"] = new(),
        ["69-ping-body-raw-unquoted"] = new(),
        ["71-orchestrator-run-json-serializer-bug"] = new(AsRun14, Run14),
        ["75-orchestrator-node-disabled-before"] = new(
            "", "1053.5 dev1 runonce {\"force\":true}", "1065.5 dev2 runonce {\"force\":true}", "1065.6 dev4 runonce {\"force\":true}",
            "1066.5 dev3 runonce {\"force\":true}", "1080 dev3 disable {\"message\":\"manual\"}"),
        ["80-daemon-status-applying"] = new(DaemonRuns, "655.5 dev1 runonce {\"force\":true}", "887.5 dev1 runonce {\"force\":true}"),
        ["81-daemon-status-idling"] = new(DaemonRuns, "890.5 dev1 runonce {\"force\":true}"),
        ["82-daemon-runonce-as-orchestrator"] = new(DaemonRuns),
        ["83-daemon-runonce-force-only"] = new(DaemonRuns),
        ["84-daemon-status-applying-signalled"] = new(DaemonRuns, "890.5 dev1 runonce {\"force\":true}", "896.8 dev1 runonce {\"force\":true}"),
        ["85-daemon-runonce-with-tags"] = new(DaemonRuns),
        ["86-daemon-disable"] = new(DaemonRuns, "900.5 dev1 runonce {\"force\":true}"),
        ["90-runonce-compilefail-usecache"] = new(),
        ["91-last_run_summary-compilefail-usecache"] = new(
            "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 dev1 runonce {\"force\":true}"),
        ["92-last_run_summary-compilefail-usecache-logs"] = new(
            "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 dev1 runonce {\"force\":true}"),
        ["93-runonce-then-disable-at-once"] = new(),
        ["94-status-after-raced-disable"] = new(
            "", "929.2 dev1 runonce {\"force\":true}", "936.07 dev1 runonce {\"force\":true}", "936.3 dev1 disable {\"message\":\"raced\"}"),
        ["95-last_run_summary-after-raced-disable"] = new(
            "result: cached-catalog, changed: 1, resources: 10, config-version: lab-v1, run: 3s", "929.5 dev1 runonce {\"force\":true}",
            "936.1 dev1 runonce {\"force\":true}", "936.3 dev1 disable {\"message\":\"raced\"}"),
        ["96-enable"] = new("", "936.3 dev1 disable {\"message\":\"raced\"}"),
        ["97-runonce-twice-at-once"] = new(),
        ["98-runonce-splay"] = new("start-lag: 2s, run: 5200ms",
            "920 dev1 runonce {\"splay\":true,\"splaylimit\":0}", "930 dev1 runonce {\"splay\":true,\"splaylimit\":0}",
            "942 dev1 runonce {\"splay\":true,\"splaylimit\":0}"),
        ["99-cycle-last_run_summary"] = new("result: dependency-cycle, config-version: lab-v1, run: 1.5s", "973 dev1 runonce {\"force\":true}"),
        ["99-server-unreachable-last_run_summary"] = new("result: no-catalog, start-lag: 500ms, run: 700ms"),
    };

    /// <summary>Somebody's run was launched at a moment.</summary>
    private static RecordedSituation Foreign(string launch, string settings, string run) =>
        new($"{NineResources}, {settings}, scheduled-run: {{ after: check, {run} }}", $"{launch} dev2 status {{}}") { From = "005" };

    /// <summary>A run is asked for in the conversation; one before it was asked for at a moment, if any.</summary>
    private static RecordedSituation Ours(string settings, string? before = null) =>
        new($"{NineResources}, {settings}", before is null ? [] : [$"{before} dev2 runonce {{\"force\":true}}"]) { From = "005" };
}
