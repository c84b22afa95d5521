namespace Orchestrator.Testing.Simulation;

/// <summary>What one emulated node does, as keys of a scenario: each kind of trouble that has a word there.</summary>
public static class Behaviours
{
    public static ImmutableArray<string> All { get; } =
    [
        "result: success", "result: success", "result: no-change", "result: failed-resources", "result: no-catalog", "result: cached-catalog",
        "result: interrupted", "result: never-starts", "result: dies", "result: noop-configured", "result: [dies, success]",
        "result: [failed-resources, success]",
        "result: [success, failed-resources]",
        "silent: always", "silent: [{ action: status, from: 2, count: 3 }]", "silent: [{ action: status, from: 3, count: 4 }]",
        "silent: [{ action: runonce, from: 1, count: 1 }]", "silent: [{ action: enable, from: 1, count: 2 }]",
        "silent: [{ action: enable, from: 2, count: 9 }]", "silent: [{ action: enable, from: 1, count: 4 }]",
        "silent: [{ after: runonce, for: 40s }]", "silent: [{ after: disable, for: 25s }]",
        "lost-reply: [runonce]", "lost-reply: [disable, enable]", "lost-reply: [last_run_summary, status]",
        "deny: [runonce]", "deny: [enable]", "deny: [disable]", "deny: [last_run_summary]",
        "disabled: hands off", "applying: 40s", "applying: stale", "daemon: idle", "daemon: idle-unsignalled", "clock: +90s", "clock: +5s",
        "clock-step: { after: runonce, by: -60s }", "reboot: { after: runonce, delay: 2s, down: 40s, completes: true }",
        "reboot: { after: disable, delay: 1s, down: 15s, completes: false }", "puppet: 5.4.0", "puppet: 6.20.0",
        "scheduled-run: { after: enable, delay: 0s, run: 4s, full: false, times: 9 }", "scheduled-run: { after: enable, delay: 500ms, run: 4s, full: true }",
        "scheduled-run: { after: enable, start-up: 900ms, run: 3s, tags: true, times: 2 }",
        "scheduled-run: { after: disable, start-up: 1200ms, run: 3s, tags: true }",
        "scheduled-run: { after: runonce, start-up: 500ms, run: 2s, noop: true }",
        "scheduled-run: { after: enable, start-up: 800ms, run: 2s, environment: staging, times: 2 }",
        "scheduled-run: { after: enable, start-up: 700ms, run: 2s, tags: true, result: failed-resources }",
        "scheduled-run: { after: enable, start-up: 300ms, run: 500ms, apply: true, times: 2 }",
        "scheduled-run: { after: runonce, start-up: 1s, run: 9s, apply: true }",
        "scheduled-run: { after: runonce, start-up: 200ms, run: 300ms, apply: true, result: failed-resources }",
        "scheduled-run: [{ after: enable, start-up: 700ms, run: 2s, tags: true }, { after: runonce, delay: 3s, run: 1s, apply: true, times: 3 }]",
        "skipped: 5", "skipped: 5, scheduled-run: { after: enable, start-up: 900ms, run: 3s, tags: true }",
        "skipped: 5, result: [success, failed-resources]", "start-lag: 5s, scheduled-run: { after: enable, start-up: 300ms, run: 500ms, apply: true }",
        "person: [{ after: check, does: disable, message: hands off }]", "person: [{ after: disable, delay: 1s, does: enable }]",
        "person: [{ after: runonce, delay: 3s, does: disable, message: hands off }]", "person: [{ after: enable, delay: 0s, does: disable, message: mine }]",
    ];
}
