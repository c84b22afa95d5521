using CsCheck;
using Orchestrator.Domain.Nodes;
using Orchestrator.Domain.Nodes.Throttling;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Domain.Tests.Nodes;

/// <summary>What follows where a node does not answer: repetitions, later each time, and one word to the deployment.</summary>
public sealed class SilenceTests
{
    private static readonly TimeSpan RpcTimeout = TimeSpan.FromSeconds(10);

    [Fact]
    public void A_read_is_repeated_twice_and_a_little_later_each_time()
    {
        var trial = new Trial(_ => new NodeAssignment.Check());

        trial.Silence();
        Assert.Null(trial.Outstanding);
        var first = trial.Pause!.Value;
        Assert.IsType<NodeRequest.Status>(trial.Woken().Outstanding);
        var second = trial.Silence().Pause!.Value;
        Assert.IsType<NodeRequest.Status>(trial.Woken().Outstanding);
        trial.Silence();

        Assert.Equal(Outcome.Unreachable, Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Facts)).Outcome);
        Assert.InRange(first, TimeSpan.FromSeconds(0.375), TimeSpan.FromSeconds(0.625));
        Assert.InRange(second, TimeSpan.FromSeconds(0.75), TimeSpan.FromSeconds(1.25));
        Assert.InRange(trial.Now.Monotonic, 3 * RpcTimeout, (3 * RpcTimeout) + TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Enable_and_disable_are_repeated_and_runonce_never_is()
    {
        Assert.IsType<NodeRequest.Disable>(new Trial(_ => new NodeAssignment.HoldAgain()).Silence().Woken().Outstanding);
        var run = new Trial(n => Trial.Run(n));
        Assert.IsType<NodeRequest.Enable>(run.Silence().Woken().Status(enabled: false).Outstanding);
        Assert.IsType<NodeRequest.Runonce>(run.Enabled().Outstanding);
        Assert.IsType<NodeRequest.Status>(run.Silence().Outstanding);
    }

    [Fact]
    public void A_try_that_could_not_be_sent_is_none_of_the_repetitions()
    {
        var trial = new Trial(_ => new NodeAssignment.Check()).NotSent().Woken().Silence().Woken().NotSent().Woken().Silence().Woken();
        Assert.IsType<NodeRequest.Status>(trial.Outstanding);
        Assert.IsType<NodeFact.Ended>(Assert.Single(trial.Silence().Facts));
    }

    [Fact]
    public void A_request_that_was_turned_back_on_its_way_is_no_word_of_the_node()
    {
        var trial = Watching();
        trial.SilenceToTheEnd();
        trial.Woken().Answer(new UndeliveredReply("the broker does not let us", Trial.Start));
        Assert.DoesNotContain(trial.Facts, f => f is NodeFact.HeardAgain);
    }

    [Fact]
    public void An_answer_to_a_repetition_counts_and_the_next_request_has_all_its_tries()
    {
        var trial = new Trial(n => Trial.Run(n)).Silence().Woken().Status(enabled: false).Silence().Woken().Status(enabled: false).Enabled().Accepted();
        Assert.Null(trial.Silence().Woken().Silence().Woken().Facts.OfType<NodeFact.Silent>().SingleOrDefault());
        Assert.NotNull(trial.Outstanding);
    }

    [Fact]
    public void No_repetition_is_put_off_beyond_the_deadline()
    {
        var trial = new Trial(_ => new NodeAssignment.Isolate(Trial.Start + RpcTimeout + TimeSpan.FromMilliseconds(100)));
        Assert.Equal(TimeSpan.FromMilliseconds(100), trial.Silence().Pause);
        Assert.Equal(TimeSpan.Zero, trial.Woken().Silence().Pause);
    }

    private static readonly Gen<(string Node, int Tries, double Timeout)> Pauses =
        Gen.Select(Gen.String[Gen.Char['a', 'z'], 1, 20], Gen.Int[1, 11], Gen.Double[0.05, 600]);

    [Fact]
    public void A_pause_follows_from_name_and_try_alone_and_has_its_bounds() => Pauses.Sample(p =>
    {
        var timeout = TimeSpan.FromSeconds(p.Timeout);
        var pause = Backoff.After(p.Tries, new NodeName(p.Node), timeout);
        Assert.Equal(pause, Backoff.After(p.Tries, new NodeName(p.Node), timeout));
        var middle = Math.Min(0.5 * Math.Pow(2, p.Tries - 1), Math.Min(5, p.Timeout));
        Assert.InRange(pause.TotalSeconds, (middle * 0.75) - 1e-6, (middle * 1.25) + 1e-6);
    }, iter: 10_000);

    [Fact]
    public void Nodes_that_fell_silent_together_are_asked_again_apart()
    {
        var pauses = Enumerable.Range(1, 1000).Select(i => Backoff.After(1, new NodeName($"web{i}.example.net"), RpcTimeout).TotalMilliseconds).ToList();
        // Quarters of the spread have a quarter of the nodes each, about.
        foreach (var quarter in pauses.GroupBy(p => (int)((p - 375) / 62.5)))
            Assert.InRange(quarter.Count(), 200, 300);
    }

    [Fact]
    public void A_watched_node_that_falls_silent_is_told_once_and_once_that_it_answers_again()
    {
        var trial = Watching();
        trial.SilenceToTheEnd();
        Assert.Equal(new NodeFact.Silent(trial.Node, 1), trial.Facts[^1]);
        var told = trial.Facts.Count;

        trial.Woken().SilenceToTheEnd();
        Assert.Equal(told, trial.Facts.Count);

        trial.Woken().Status(applying: true);
        Assert.Equal(new NodeFact.HeardAgain(trial.Node, 1), trial.Facts[told]);
        trial.Woken().Status(applying: true);
        Assert.Single(trial.Facts.OfType<NodeFact.HeardAgain>());
    }

    [Fact]
    public void A_node_that_answers_within_its_repetitions_was_not_silent()
    {
        var trial = Watching().Silence().Woken().Silence().Woken().Status(applying: true);
        Assert.DoesNotContain(trial.Facts, f => f is NodeFact.Silent or NodeFact.HeardAgain);
    }

    [Fact]
    public void A_refusal_is_an_answer()
    {
        var trial = Watching().Answer(new StatusReply(1, "not authorized", Trial.Start, new NodeStatus(false, false, null, false, 0, null, "")));
        Assert.DoesNotContain(trial.Facts, f => f is NodeFact.Silent);
    }

    [Fact]
    public void A_disable_that_stays_unanswered_tells_that_the_node_is_silent()
    {
        var trial = Watching().Status(applying: true);
        while (trial.Outstanding is not NodeRequest.Disable)
        {
            trial.Woken();
            if (trial.Outstanding is NodeRequest.Status)
                trial.Status(applying: true);
        }
        Assert.Contains(trial.SilenceToTheEnd().Facts, f => f is NodeFact.Silent);
    }

    [Fact]
    public void Whoever_takes_a_run_up_again_tells_at_the_first_answer_that_the_node_is_heard()
    {
        var trial = new Trial(n => Trial.Run(n, mayAsk: false)).Status(applying: true);
        Assert.Single(trial.Facts.OfType<NodeFact.HeardAgain>());
        Assert.Single(new Trial(n => Trial.Run(n, mayAsk: false)).SilenceToTheEnd().Facts.OfType<NodeFact.Silent>());
    }

    private static Trial Watching() => new Trial(n => Trial.Run(n)).Enabled().Accepted();
}
