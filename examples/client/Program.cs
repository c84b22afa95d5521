// Runs a site on emulated nodes of the host at a socket, and tells what happens until its end.
using Orchestrator.Client;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

if (args is not [var socket, var site])
{
    Console.Error.WriteLine("usage: client SOCKET SITE");
    return 2;
}
using var client = new OrchestratorClient(HostEndpoint.Socket(socket));
try
{
    var plan = await client.PlanToRunAsync(new PlanRequest(await File.ReadAllBytesAsync(site), site, Environment: null, Instances: []));
    var fleet = new FleetChoice(Emulated: true, Scenario: null, ScenarioName: null);
    var run = await client.RunAsync(new RunRequest(plan.Value.Id, new DeploymentOptions(), fleet, NoWait: false));
    await foreach (var item in client.FollowAsync(run.Value.Id.Value))
    {
        if (item is StreamItem.Happened { Event: var happened })
            Console.WriteLine($"{happened.Sequence} {happened.Event?.GetType().Name}");
        if (item is StreamItem.Ended { View.Value: var end })
        {
            Console.WriteLine($"{end.Id}: {end.State}");
            return end.State == DeploymentPhase.Succeeded ? 0 : 1;
        }
    }
}
catch (HostRefusedException e) when (e.SiteProblems is { } problems)
{
    foreach (var problem in problems.Problems)
        Console.Error.WriteLine(problem.Message);
}
catch (HostException e)
{
    Console.Error.WriteLine(e.Message);
}
return 1;
