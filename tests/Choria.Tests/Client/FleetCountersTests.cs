using Microsoft.Extensions.Time.Testing;
using Orchestrator.Choria.Client;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Tests.Client;

/// <summary>What a client drops and a broker complains of: told once, then counted.</summary>
public sealed class FleetCountersTests
{
    private OwnBroker.LinesLog Log { get; } = new();
    private readonly PendingRequests _pending = new(new FakeTimeProvider());
    private readonly FleetCounters _counters;

    public FleetCountersTests() => _counters = new FleetCounters(new FleetName("test"), _pending, Log);

    [Fact]
    public void Where_nothing_happened_nothing_is_told()
    {
        _counters.Report();
        Assert.Empty(Log.Lines);
    }

    [Fact]
    public void A_summary_has_each_reason_with_its_number_and_is_told_anew_only_when_it_changed()
    {
        _pending.Accept("00", "x"u8);
        _counters.CountOverflow();
        _counters.CountOverflow();
        _counters.Report();
        _counters.Report();
        _counters.CountOverflow();
        _counters.Report();

        Assert.Equal(3, _counters.Overflowed);
        Assert.Equal(
            [
                $"Warning: Messages of fleet test dropped so far: {PendingRequests.NoRequest}: 1, queue full: 2; "
                    + "the last one: 00",
                $"Warning: Messages of fleet test dropped so far: {PendingRequests.NoRequest}: 1, queue full: 3; "
                    + "the last one: 00",
            ],
            Log.Lines);
    }

    [Fact]
    public void Of_errors_of_ours_the_first_is_told_and_all_are_counted()
    {
        _counters.CountFailedRead(new InvalidOperationException("one"));
        _counters.CountFailedRead(new InvalidOperationException("two"));
        _counters.Report();

        Assert.Equal(
            [
                "Error: A message of fleet test could not be read because of an internal error; further ones are only counted",
                "Warning: Messages of fleet test dropped so far: internal error: 2; the last one: ",
            ],
            Log.Lines);
    }

    [Fact]
    public void Of_complaints_of_a_kind_the_first_is_told_on_one_line_and_the_others_are_counted()
    {
        foreach (var node in (string[])["a", "b", "c"])
            _counters.CountComplaint($"Permissions Violation for Publish to \"mcollective.node.{node}\"");
        _counters.CountComplaint("line\nbreak");
        _counters.Report();
        _counters.Report();

        Assert.Equal(3, Log.Lines.Count);
        Assert.Equal("Warning: The broker of fleet test complains: Permissions Violation for Publish to \"mcollective.node.a\"", Log.Lines.First());
        Assert.DoesNotContain(Log.Lines, l => l.Contains('\n', StringComparison.Ordinal));
        Assert.Equal("Warning: The broker of fleet test keeps complaining: Permissions Violation for Publish to ... (3 times)", Log.Lines.Last());
    }
}
