using System.Reflection;
using Orchestrator.Cli.Reports;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Reports;

/// <summary>What each code of the host is on the command line.</summary>
public sealed class ProblemTextTests
{
    private static readonly DeploymentId Id = new("7f3k2m1q");

    /// <summary>The exit code, and what follows the host's sentence; empty where that says it all.</summary>
    public static TheoryData<string, int, string> Table => new()
    {
        { ProblemCodes.BadRequest, 400, "2" },
        { ProblemCodes.NotFound, 404, "2" },
        { ProblemCodes.DeploymentNotFound, 404, "2: see \"orchestrator list\"" },
        { ProblemCodes.DeploymentAmbiguous, 409, "2" },
        { ProblemCodes.PositionUnknown, 409, "2" },
        { ProblemCodes.NodeNotFound, 404, "2: \"orchestrator show 7f3k2m1q --all\" lists its nodes" },
        { ProblemCodes.PlanNotFound, 404, "2" },
        { ProblemCodes.PlanChanged, 409, "2" },
        { ProblemCodes.PlanUnreadable, 503, "8" },
        { ProblemCodes.PuppetUnreachable, 503, "8: \"orchestrator config\" checks each setting" },
        { ProblemCodes.CertificateName, 400, "2: name one with --certname NAME" },
        { ProblemCodes.CertificateRefused, 409, "1" },
        { ProblemCodes.FleetConflict, 409, "2" },
        { ProblemCodes.Overloaded, 503, "9" },
        { ProblemCodes.RateLimited, 429, "9" },
        { ProblemCodes.TooManyStreams, 429, "9" },
        { ProblemCodes.Denied, 403, "10" },
        { ProblemCodes.Unauthenticated, 401, "10" },
        { ProblemCodes.TokenExists, 409, "2" },
        { ProblemCodes.IdempotencyKeyReused, 422, "2" },
        { ProblemCodes.Pruned, 409, "2" },
        { ProblemCodes.TokenNotFound, 404, "2" },
        { ProblemCodes.GoingAway, 503, "9" },
        { ProblemCodes.FleetUnavailable, 503, "8: \"orchestrator config --fleet test\" checks each setting" },
        { ProblemCodes.FleetGone, 409, "2" },
        {
            ProblemCodes.NodesHeld, 409, "4: look at it with \"orchestrator show 7f3k2m1q\", then free its nodes with \"orchestrator release 7f3k2m1q\" "
                + "(a node kept by hold must be named)"
        },
        { ProblemCodes.NodesUnknown, 409, "4: \"orchestrator abandon 7f3k2m1q --yes\" gives its nodes up" },
        { ProblemCodes.NodesReserved, 409, "4: wait for it with \"orchestrator watch 7f3k2m1q\"" },
        { ProblemCodes.WouldWait, 409, "4: wait for it with \"orchestrator watch 7f3k2m1q\", or run again without --no-wait" },
        { ProblemCodes.NodesKept, 409, "2" },
        { ProblemCodes.NodeNotHeld, 409, "2" },
        { ProblemCodes.NotStarted, 409, "2" },
        { ProblemCodes.NotRunning, 409, "2: \"orchestrator resume 7f3k2m1q\" resumes it" },
        { ProblemCodes.StillRunning, 409, "2" },
        { ProblemCodes.Ending, 409, "2" },
        { ProblemCodes.Ended, 409, "2" },
        { ProblemCodes.GivenUp, 409, "2: \"orchestrator nodes SITE\" shows the state of its nodes, "
            + "\"orchestrator release 7f3k2m1q --from-nodes SITE\" enables those that it left disabled" },
        { ProblemCodes.JournalIncomplete, 503, "8: put the complete one back while no host is running, or \"orchestrator recover\" goes on without what is "
            + "missing" },
        { ProblemCodes.Imported, 409, "2" },
        { ProblemCodes.DeploymentExists, 409, "2: \"orchestrator show 7f3k2m1q\" shows it" },
        { ProblemCodes.RollingBack, 409, "2" },
        { ProblemCodes.RolledBack, 409, "2" },
        { ProblemCodes.Releasing, 409, "2" },
        { ProblemCodes.NothingToDo, 409, "2" },
        { ProblemCodes.GroupNotWaiting, 409, "2" },
        { ProblemCodes.ApproverMustDiffer, 409, "2" },
        { ProblemCodes.RollbackEnvironmentMissing, 409, "2: name one with --rollback-environment" },
        { ProblemCodes.CannotBeCarriedOn, 409, "1: \"orchestrator abandon 7f3k2m1q --yes\" gives its nodes up" },
        { ProblemCodes.Restarting, 503, "8" },
        { ProblemCodes.NotAnswered, 503, "8: check with \"orchestrator show 7f3k2m1q\", then try again" },
        { ProblemCodes.JournalUnavailable, 503, "8" },
        { ProblemCodes.JournalUnreadable, 500, "1" },
        { ProblemCodes.Internal, 500, "1" },
        { ProblemCodes.PlanEmpty, 409, "2: add --allow-empty if that is meant" },
        { "a-code-of-a-later-host", 409, "2" },
        { "a-code-of-a-later-host", 503, "8" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_code_of_the_host_has_an_exit_code_and_the_commands_that_go_on_from_there(string code, int status, string expected)
    {
        var problem = new ApiProblem(status, "", "why", code, [Id], null, [Verb.Abandon], new FleetName("test"));
        Assert.Equal(expected, $"{ProblemText.ExitCodeOf(problem)}{ProblemText.Of(problem)["why".Length..]}");
    }

    [Fact]
    public void All_codes_are_in_the_table() => Assert.Equal(
        typeof(ProblemCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(),
        Table.Select(row => (string)row[0]).Distinct().Where(code => code != "a-code-of-a-later-host").Order());

    [Fact]
    public void What_is_held_is_freed_by_the_commands_that_the_host_names()
    {
        NextStep whole = new(Id, Verb.Release), named = new(Id, Verb.Release, new NodeName("web2"));
        ApiProblem Held(params NextStep[] next) => new(409, "", "it holds nodes", ProblemCodes.NodesHeld, [Id], Next: next);

        Assert.Equal(
            "it holds nodes: look at it with \"orchestrator show 7f3k2m1q\", then free its nodes with \"orchestrator release 7f3k2m1q web2\"",
            ProblemText.Of(Held(named)));
        Assert.EndsWith(
            "then free its nodes with \"orchestrator release 7f3k2m1q\" and \"orchestrator release 7f3k2m1q web2\"", ProblemText.Of(Held(whole, named)),
            StringComparison.Ordinal);
        Assert.Equal(
            "all are kept: \"orchestrator release 7f3k2m1q web2\"",
            ProblemText.Of(new ApiProblem(409, "", "all are kept", ProblemCodes.NodesKept, [Id], Next: [named])));
    }

    [Fact]
    public void Data_that_the_host_leaves_out_changes_what_is_advised()
    {
        Assert.Equal("no node x, did you mean y?", ProblemText.Of(new ApiProblem(
            404, "", "no node x, did you mean y?", ProblemCodes.NodeNotFound, [Id], [new NodeName("y")])));
        Assert.Equal("not reached", ProblemText.Of(new ApiProblem(503, "", "not reached", ProblemCodes.FleetUnavailable)));
        Assert.Equal("no answer: \"orchestrator list\" shows it", ProblemText.Of(new ApiProblem(503, "", "no answer", ProblemCodes.NotAnswered)));
        Assert.Equal(
            "it cannot continue: no plan; once that is fixed, \"orchestrator resume 7f3k2m1q\" resumes it; "
                + "\"orchestrator abandon 7f3k2m1q --yes\" gives its nodes up",
            ProblemText.Of(new ApiProblem(
                409, "", "it cannot continue: no plan", ProblemCodes.CannotBeCarriedOn, [Id], null, [Verb.Resume, Verb.Abandon])));
    }
}
