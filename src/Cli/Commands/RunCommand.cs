using System.CommandLine;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Terminal;
using Orchestrator.Cli.Text;
using Orchestrator.Client;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Cli.Commands;

/// <summary><c>run</c>: shows the plan, asks, hands it over and follows it to its end.</summary>
internal static class RunCommand
{
    public static Command Build(CommandContext surroundings)
    {
        var site = new SiteChoices();
        var options = new RunOptions();
        var planId = Choices.Value("--plan-id", "ID", "run only this plan, the id from plan --output json; refuse if the site has changed since");
        var allowEmpty = Choices.Flag("--allow-empty", "succeed if there is nothing to run: the site, or what --instance selects, has no components");
        var yes = Choices.Flag("--yes", "run without asking");
        var noWait = Choices.Flag("--no-wait", "exit with 4 instead of waiting if another deployment has reserved a node");
        var detach = Choices.Flag("--detach", "return as soon as the deployment is accepted; it continues in the background; with --quiet, print only its id");
        var quiet = Choices.QuietOption();
        var full = Choices.FullPlan();
        var output = Choices.OutputOption(withLines: true);
        var command = new Command("run", "Show the plan, ask, then run Puppet on its nodes group by group and report the results.");
        site.AddTo(command);
        options.AddTo(command);
        foreach (var option in new Option[] { full, planId, allowEmpty, yes, noWait, detach, quiet, output })
            command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            var context = Choices.ReadQuiet(parsed, quiet, form, surroundings);
            var chosen = options.Read(parsed);
            var expected = ReadPlanId(parsed, planId);
            var request = await site.ReadSiteAsync(parsed, context);
            var fleet = await site.ReadFleetAsync(parsed, context);
            using var host = await HostConnection.OpenAsync(context);
            var mayBeEmpty = parsed.GetValue(allowEmpty);
            var planning = host.Client.PlanToRunAsync(request, expected, mayBeEmpty, fleet.Name, context.Interrupted);
            var plan = await PlanAsync(planning, SiteChoices.Doing(request), form, context);
            var asks = !parsed.GetValue(yes);
            Show(plan, chosen, form, asks, parsed.GetValue(full), context);
            if (asks)
                await Prompt.AskAsync(context, QuestionScreen(form, context), RunConsequences.Lines(chosen, plan, fleet), "run this plan");
            var run = new RunRequest(plan.Id, chosen, fleet, parsed.GetValue(noWait), mayBeEmpty);
            var answer = await HandOverAsync(host, run, context);
            var accepted = answer.Value;
            var isDetached = parsed.GetValue(detach);
            return await WatchedDeployment.BegunAsync(host, accepted.Id.Value, context, async () =>
            {
                if (isDetached)
                    return Detach(accepted, answer, form, surroundings, context.IsQuiet);
                if (form == Output.Text)
                    context.Out.Write(Begin(accepted));
                return await WatchedDeployment.ToTheEndAsync(host, accepted.Id.Value, carryOn: true, form, context);
            });
        });
        return command;
    }

    private static PlanId? ReadPlanId(ParseResult parsed, Option<string?> option) => Choices.ReadText(parsed, option) switch
    {
        null => null,
        var text when PlanId.IsOne(text) => new PlanId(text),
        var text => throw Choices.Usage(
            $"--plan-id needs a full plan id ({PlanId.Prefix} and 64 hexadecimal digits), not \"{text}\": orchestrator plan --output json shows it"),
    };

    private static async Task<Plan> PlanAsync(Task<HostAnswer<Plan>> planning, string doing, Output form, CommandContext context)
    {
        try
        {
            return (await Patience.SayAsync(context, doing, planning)).Value;
        }
        catch (HostRefusedException e) when (form == Output.Text && e.Problem?.Difference is { } difference)
        {
            // Before the sentence that refuses the plan; as JSON it is a part of the error.
            context.Error.Write(PlanDifferenceText.Lines(difference));
            throw;
        }
    }

    // Standard output is for programs where JSON was asked for: then the plan is shown only to who is asked about it.
    private static void Show(Plan plan, DeploymentOptions options, Output form, bool asks, bool full, CommandContext context)
    {
        var screen = form == Output.Text ? context.Out : context.Error;
        var text = PlanText.Lines(plan, options.Batch, full, screen.TableWidth, WhereText.Head(options), options.Spread);
        if (form == Output.Text || asks)
            screen.Write(text);
        context.Error.Write(PlanText.Warnings(plan));
        if (PlanText.WithoutLabel(options.Spread, plan) is { } lacking)
            context.Error.Write(PlanText.Warning(lacking));
        // Who is asked reads it in the question.
        if (!asks && WhereText.Warning(options, plan.Environment) is { } warning)
            context.Error.Write(PlanText.Warning(warning));
    }

    private static Screen QuestionScreen(Output form, CommandContext context) =>
        form == Output.Text && context.Out.IsTerminal ? context.Out : context.Error;

    private static async Task<HostAnswer<RunAccepted>> HandOverAsync(HostConnection host, RunRequest run, CommandContext context)
    {
        // A person may have thought for longer than a host stays that nobody asks anything.
        await host.EnsureHostAsync(context.Interrupted);
        return await Patience.SayAsync(context, "Connecting to the fleet", AskAsync(host, run, context));
    }

    private static async Task<HostAnswer<RunAccepted>> AskAsync(HostConnection host, RunRequest run, CommandContext context)
    {
        var asked = 0;
        try
        {
            return await host.AskOnceAsync(async key =>
            {
                asked++;
                var accepted = await host.Client.RunAsync(run, key, mostAgain: 0, context.Interrupted);
                if (asked > 1)
                    await CarryOnAsync(host, accepted.Value.Id, context);
                return accepted;
            });
        }
        catch (Exception e) when (e is HostLostException or CommandFailedException || context.Interrupted.IsCancellationRequested)
        {
            throw new CommandFailedException(
                "the host did not confirm the request: orchestrator list shows whether the deployment is running",
                context.Interrupted.IsCancellationRequested ? ExitCodes.Interrupted : ExitCodes.Unreachable);
        }
    }

    /// <summary>The host that took it may have exited since: one that was started anew carries nothing on by itself.</summary>
    private static async Task CarryOnAsync(HostConnection host, DeploymentId id, CommandContext context)
    {
        try
        {
            await host.Client.ResumeAsync(id.Value, context.Interrupted);
        }
        catch (HostRefusedException)
        {
            // It has ended, or cannot be carried on: who follows it is told.
        }
    }

    private static int Detach(RunAccepted accepted, HostAnswer<RunAccepted> answer, Output form, CommandContext context, bool isQuiet)
    {
        if (isQuiet)
            context.Out.Write(accepted.Id.Value);
        else if (form == Output.Text)
            context.Out.Write([.. Begin(accepted), $"It continues in the background: orchestrator cancel {accepted.Id} stops it."]);
        else
            context.Out.WriteJson(answer.Json.Span);
        return ExitCodes.Done;
    }

    private static IEnumerable<Line> Begin(RunAccepted accepted)
    {
        yield return new Line(new Span($"Deployment {accepted.Id}", Tone.Strong), $" begins; orchestrator watch {accepted.Id} follows it too.");
        if (accepted.WaitsFor is { IsDefaultOrEmpty: false } waitsFor)
            yield return $"It waits for nodes reserved by deployment {string.Join(", ", waitsFor)}.";
    }
}
