using System.Text;
using Akka.Hosting;
using Akka.Persistence.Sql.Hosting;
using LinqToDB;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Actors;
using Orchestrator.Actors.Deployments;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Embedding;
using Orchestrator.Embedding.Example;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;
using Orchestrator.Messages.Fleet;
using static Orchestrator.Messages.Deployments.DeploymentEvents;

// Deploys three boxes in order, from its own code and to its own fleet. Killed at any moment and started again, it goes on where it was.
if (args is not [var folder])
{
    Console.Error.WriteLine("usage: dotnet run --project examples/embedding -- FOLDER");
    return 2;
}
Directory.CreateDirectory(folder);
using var boxes = new BoxFleet(Path.Combine(folder, "boxes"), TimeProvider.System);

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Warning).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
builder.Services.AddSingleton<IFleet>(boxes).AddOrchestrator(Path.Combine(folder, "plans"));
builder.Services.AddAkka("embedding", akka => akka
    .ConfigureLoggers(loggers =>
    {
        loggers.ClearLoggers();
        loggers.AddLoggerFactory();
    })
    .AddHocon("akka { stdout-loglevel = OFF, log-dead-letters = off, log-dead-letters-during-shutdown = off }", HoconAddMode.Prepend)
    .WithSqlPersistence($"Data Source={Path.Combine(folder, "journal.db")}", ProviderName.SQLiteMS)
    .AddOrchestrator());
using var host = builder.Build();
await host.StartAsync();

const string Site =
    """
    environment: production
    applications:
      Shop[spring]:
        Database[db]:  { node: db.example.net, produces: [Sql[shop]] }
        Web[one]:      { node: web1.example.net, consumes: [Sql[shop]] }
        Web[two]:      { node: web2.example.net, consumes: [Sql[shop]] }
    """;
if (Planner.Plan(SiteReader.Read(Encoding.UTF8.GetBytes(Site), "the shop"), new PlanQuestion([], null)) is not PlanResult.Planned { Plan: var plan })
    throw new InvalidOperationException("the site cannot be planned");

// Kept before the deployment is asked for: whoever asks again with the same id gets the same deployment.
var idFile = Path.Combine(folder, "deployment");
if (!File.Exists(idFile))
    File.WriteAllText(idFile, DeploymentIds.New().Value);
var id = new DeploymentId(File.ReadAllText(idFile));

var deployments = host.Services.GetRequiredService<DeploymentService>();
var events = deployments.EventsAsync();
foreach (var resumed in await deployments.ResumeUnfinishedAsync())
    Console.WriteLine($"{resumed.Id} goes on");
// A box begins a run at once, and nothing is long on its way to it.
var options = new DeploymentOptions { Settle = TimeSpan.Zero, StartTimeout = TimeSpan.FromSeconds(3), RunonceTimeToLive = TimeSpan.FromSeconds(2) };
await deployments.RunAsync(plan, boxes.Name, options, "the shop's release program", id);

var end = (await deployments.FindAsync(id)).State;
if (!end.IsEnd())
{
    await foreach (var (deployment, recorded) in events)
    {
        switch (recorded.Event)
        {
            case RunRequested e:
                Console.WriteLine($"{e.Node} is asked to run");
                break;
            case NodeSettled e:
                Console.WriteLine($"{e.Node} {e.Outcome.Word()}: {e.Message}");
                break;
            case DeploymentEnded e when deployment == id:
                end = e.End;
                break;
        }
        if (end.IsEnd())
            break;
    }
}
Console.WriteLine($"{id} {end.Word()}");
await host.StopAsync();
return end == DeploymentPhase.Succeeded ? 0 : 1;
