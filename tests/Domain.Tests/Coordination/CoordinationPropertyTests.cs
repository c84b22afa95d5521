using CsCheck;

namespace Orchestrator.Domain.Tests.Coordination;

/// <summary>What holds between deployments, whatever fails when.</summary>
public sealed class CoordinationPropertyTests
{
    private const int Cases = 10_000;

    /// <summary>
    /// At every moment no node is in two running deployments or held by one and run by another, nothing that runs is registered as ended, and every
    /// question has one answer within a bound; once reads and writes succeed and somebody resumes, what nobody paused and no lost plan holds up ends.
    /// </summary>
    [Fact]
    public void Whoever_dies_and_whatever_fails_no_node_has_two_masters_and_nobody_waits_for_ever() => Gen.Int.Sample(
        seed =>
        {
            var model = new CoordinationModel(new Random(seed));
            for (var step = 0; step < 80; step++)
                model.Step();
            model.Settle();
        },
        iter: Cases);
}
