using static Orchestrator.Testing.OutcomeRow;

namespace Orchestrator.Testing;

/// <summary>Every row of the outcome table, on an emulated fleet of the host and over a network alike.</summary>
public static class OutcomeRows
{
    // Real deadlines, for a machine that is busy: long enough that no healthy node ever meets them.
    private const string Impatient = "--rpc-timeout 1s";
    private const string SoonGivesUp = "--start-timeout 5s";
    private const string SoonEnds = "--run-timeout 12s";

    /// <summary>Every row.</summary>
    public static OutcomeRow[] All { get; } =
    [
        // All proofs hold.
        Succeeds(""),
        Succeeds("result: no-change"),
        Succeeds("", "--batch 1"),
        Succeeds("", "--noop"),
        Succeeds("", "--run-environment testing"),
        Succeeds("run: 200ms, start-lag: 100ms, answer: 5ms"),
        Succeeds("daemon: idle"),
        Succeeds("daemon: idle-unsignalled"),
        Succeeds("puppet: 6.10.0"),
        Succeeds("environment: staging"),
        Succeeds("applying: 30s"),

        // One proof lacks.
        Fails("failed: resources", "result: failed-resources"),
        Fails("failed: resources", "result: failed-restart"),
        Fails("failed: resources", "result: dependency-cycle"),
        Fails("failed: no catalog", "result: no-catalog"),
        Fails("failed: no catalog", "result: prerun-failure"),
        Fails("failed: cached catalog", "result: cached-catalog"),
        Succeeds("result: cached-catalog", "--allow-cached-catalog"),
        Fails("failed: interrupted", "result: interrupted"),
        Fails("failed: generate", "result: generate-failure"),
        Fails("failed: postrun", "result: postrun-failure"),
        Fails("failed: noop run", "result: noop-configured"),
        Succeeds("result: noop-configured", "--noop"),
        Succeeds("result: other-environment"),
        Fails("failed: other environment", "result: other-environment", "--run-environment testing"),
        Fails("failed: unproven", "puppet: 5.4.0"),
        Fails("failed: unproven", "clock-step: { after: runonce, by: -60s }"),
        Fails("failed: unproven", "clock-step: { after: runonce, by: 60s }"),
        Fails("failed: unproven", "silent: [{ action: last_run_summary, from: 2, count: 3 }]", Impatient),
        Succeeds("silent: [{ action: last_run_summary, from: 2, count: 3 }]", $"{Impatient} --accept-without-log"),
        Succeeds("silent: [{ action: last_run_summary, from: 1, count: 1 }]", Impatient),
        new("result: failed-resources", "--on-failure release", 1, "failed: db succeeded, app1 failed: resources, app2 succeeded, web skipped"),
        new("result: no-catalog", "--noop", 1, "failed: db succeeded, app1 failed: no catalog, app2 succeeded, web skipped"),

        // No run, half a run, somebody else's run.
        Fails("failed: did not start", "result: never-starts", SoonGivesUp),
        Fails("failed: did not finish", "result: never-ends", SoonEnds),
        Fails("failed: run died", "result: dies, run: 60s"),
        Succeeds("run: 60s, reboot: { after: runonce, delay: 40s, down: 40s, completes: true }", Impatient),
        Fails("failed: run died", "run: 60s, reboot: { after: runonce, delay: 40s, down: 40s, completes: false }", Impatient),
        Succeeds("scheduled-run: { after: enable, delay: 0s, run: 4s, full: true, noop: false }"),
        Fails("failed: displaced", "scheduled-run: { after: enable, delay: 0s, run: 40s, full: false, noop: false, times: 3 }"),
        Fails("failed: displaced", "scheduled-run: { after: enable, delay: 0s, run: 40s, full: true, noop: true, times: 3 }"),
        Succeeds("scheduled-run: { after: enable, start-up: 1s, run: 20s, tags: true }"),
        Succeeds("run: 20s, scheduled-run: { after: runonce, start-up: 1s, run: 5s, apply: true, result: failed-resources }"),
        Succeeds("skipped: 5"),
        Succeeds("result: noop-configured", "--override-noop"),

        // Silence.
        Refuses("unreachable", "silent: always", Impatient),
        Refuses("unreachable", "silent: [{ action: disable, from: 1, count: 99 }]", Impatient),
        Fails("unreachable", "silent: [{ action: enable, from: 1, count: 3 }]", Impatient),
        // It was enabled for the run, and nobody heard that it was disabled again: not held.
        new(
            "silent: [{ after: runonce, for: 10h }]", $"{Impatient} {SoonEnds}", 1,
            "failed: db succeeded held, app1 unreachable, app2 succeeded held, web skipped held"),
        Succeeds("silent: [{ after: runonce, for: 20s }]", Impatient),
        Succeeds("silent: [{ action: runonce, from: 1, count: 1 }]", $"{Impatient} {SoonGivesUp}"),
        Succeeds("lost-reply: [status]", Impatient),
        Succeeds("lost-reply: [disable]", Impatient),
        Succeeds("lost-reply: [enable]", Impatient),
        Succeeds("lost-reply: [runonce]", Impatient),
        Succeeds("lost-reply: [last_run_summary]", Impatient),

        // The node, or a person, says no.
        Refuses("refused", "deny: [status]"),
        Refuses("refused", "deny: [disable]"),
        Fails("refused", "deny: [enable]"),
        Fails("refused", "deny: [runonce]"),
        Fails("refused", "deny: [last_run_summary]"),
        Refuses("refused", "daemon: idle", "--noop"),
        Refuses("refused", "daemon: idle", "--run-environment testing"),
        Refuses("refused", "applying: stale", "--idle-timeout 3s"),
        Refuses("refused: disabled", "disabled: \"disk swap, ask alice\""),
        Refuses("refused: disabled", "person: [{ after: check, delay: 0s, does: disable, message: hands off }]"),
        // It is that person's now.
        new(
            "person: [{ after: runonce, delay: 0s, does: disable, message: hands off }]", SoonGivesUp, 1,
            "failed: db succeeded held, app1 failed: did not start, app2 succeeded held, web skipped held"),
        Succeeds("run: 20s, person: [{ after: runonce, delay: 10s, does: disable, message: hands off }]"),
        Refuses("refused: clock", "clock: +90s"),
        Refuses("refused: clock", "clock: -90s"),
    ];
}
