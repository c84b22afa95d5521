using Orchestrator.Actors;
using Orchestrator.Host;
using Orchestrator.Host.Api;

return args switch
{
    [] => await HostProcess.RunAsync(Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator()),
    [CertificateTool.Word, var request] => await CertificateTool.RunAsync(
        request, Console.OpenStandardOutput(), Console.OpenStandardError(), Environment.GetEnvironmentVariable, TimeProvider.System, CancellationToken.None),
    _ => JournalTool.Run(args, Console.OpenStandardOutput(), Console.OpenStandardError()),
};
