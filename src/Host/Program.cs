using Orchestrator.Actors;
using Orchestrator.Host;
using Orchestrator.Host.Api;

if (args is not [])
    return JournalTool.Run(args, Console.OpenStandardOutput(), Console.OpenStandardError());
return await HostProcess.RunAsync(Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator());
