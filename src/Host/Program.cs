using Orchestrator.Actors;
using Orchestrator.Host;

return await HostProcess.RunAsync(Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator());
