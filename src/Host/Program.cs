using Orchestrator.Actors;
using Orchestrator.Host.Process;

return await HostProcess.RunAsync(Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator());
