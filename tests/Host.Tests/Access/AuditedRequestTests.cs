using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Domain.Coordination;
using Orchestrator.Host.Access;
using Orchestrator.Host.Journal;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Messages.Access;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Host.Tests.Access;

/// <summary>What requests leave in the audit log.</summary>
public sealed class AuditedRequestTests : IAsyncLifetime
{
    private static readonly FleetChoice Emulated = new(true, null, null);
    private readonly string _policy = Path.Combine(Path.GetTempPath(), $"policy-{Guid.NewGuid():n}");
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_policy, "allow alice * * * *\n");
        File.SetUnixFileMode(_policy, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _host = await TestHost.StartAsync(s => s with { Policy = _policy });
        _host.Coordinator.Lines = [FakeCoordinator.Line("k7m2p9xa")];
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        File.Delete(_policy);
    }

    [Fact]
    public async Task What_changes_something_is_there_with_who_asked_and_by_which_line_and_what_only_reads_is_not()
    {
        _host.Asker = new Asker("alice", false, "192.0.2.7");
        Assert.Equal(200, (await _host.GetAsync(HostApi.Deployments)).Status);
        Assert.Equal(202, (await _host.RunAsync(Sites.Lamp, new DeploymentOptions(), Emulated)).Status);
        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "cancel"), """{"release":true}""")).Status);

        var (run, cancel) = (Entries[^2], Entries[^1]);
        Assert.Equal(
            ("alice", "192.0.2.7", AccessVerb.Run, AuditResult.Allowed, "production", Sites.PlanOf(Sites.Lamp).Id.Value, $"{_policy}:1"),
            (run.Caller, run.From, run.Verb, run.Result, run.Environment, run.Plan, run.Rule));
        Assert.Equal(
            (AccessVerb.Cancel, AuditResult.Allowed, "k7m2p9xa", "and enable all nodes at the end"),
            (cancel.Verb, cancel.Result, cancel.Deployment, cancel.Detail));
        Assert.DoesNotContain(Entries, e => e.Verb is AccessVerb.Plan or AccessVerb.Show);
    }

    [Fact]
    public async Task It_is_there_before_it_is_done_and_is_not_done_where_it_cannot_be_written()
    {
        _host.Asker = new Asker("alice", false, "test");
        long written = 0;
        _host.Coordinator.Answer = m =>
        {
            if (m is VerbOnDeployment)
                written = Entries.Count(e => e.Verb == AccessVerb.Pause);
            return m is VerbOnDeployment verb ? new CoordinatorProtocol.Done(verb.Id, true, "paused") : null;
        };
        Assert.Equal(200, (await _host.PostAsync(HostApi.Verb("k7", "pause"), "{}")).Status);
        Assert.Equal(1, written);

        using (var connection = _host.Services.GetRequiredService<JournalConnections>().Open())
        using (var command = connection.CreateCommand())
        {
            command.CommandText = "ALTER TABLE audit RENAME TO gone";
            command.ExecuteNonQuery();
        }
        Assert.True((await _host.PostAsync(HostApi.Verb("k7", "resume"), "{}")).Status >= 500);
        Assert.Single(_host.Coordinator.Asked.OfType<VerbOnDeployment>());
    }

    [Fact]
    public async Task What_was_allowed_and_could_not_be_done_has_a_line_that_says_why()
    {
        _host.Asker = new Asker("alice", false, "test");
        _host.Coordinator.Answer = m => m is VerbOnDeployment ? new CoordinatorProtocol.Denied(ProblemCodes.Ended, "it has ended") : null;
        Assert.Equal(409, (await _host.PostAsync(HostApi.Verb("k7", "pause"), "{}")).Status);
        Assert.Equal(
            [(AuditResult.Allowed, null), (AuditResult.Failed, "it has ended")],
            Entries.Where(e => e.Verb == AccessVerb.Pause).Select(e => (e.Result, e.Detail)));
    }

    [Fact]
    public async Task A_denial_is_there_also_of_what_only_reads()
    {
        _host.Asker = new Asker("eve\u001b", false, "203.0.113.9");
        Assert.Equal(403, (await _host.GetAsync(HostApi.Deployments)).Status);
        var denial = Entries.Single(e => e.Result == AuditResult.Denied);
        Assert.Equal(("203.0.113.9", AccessVerb.Show, 1), (denial.From, denial.Verb, denial.Times));
        Assert.Contains("may not use show", denial.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_policy_that_comes_into_force_is_there_and_each_that_does_not()
    {
        await Until.TrueAsync(() => Policies().Count == 1);
        await File.WriteAllTextAsync(_policy, "allow bob\n");
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        await Until.TrueAsync(() => Policies().Count == 2);
        await File.WriteAllTextAsync(_policy, "allow bob * * * *\n");
        await _host.Services.GetRequiredService<PolicyFile>().ReloadAsync();
        await Until.TrueAsync(() => Policies().Count == 3);
        Assert.Equal([AuditResult.Allowed, AuditResult.Failed, AuditResult.Allowed], Policies().Select(e => e.Result));
        Assert.Contains($"{_policy}:1: ", Policies()[1].Detail, StringComparison.Ordinal);

        List<AuditEntry> Policies() => [.. Entries.Where(e => e is { Verb: AccessVerb.Policy, From: "file" })];
    }

    private ImmutableArray<AuditEntry> Entries => _host.Services.GetRequiredService<AuditLog>().Read(new AuditFilter(), 100, after: 0).Entries;
}
