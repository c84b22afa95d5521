using Orchestrator.Actors;
using Orchestrator.Host;
using Orchestrator.Host.Api;
using Orchestrator.Host.Configuration;

return args switch
{
    [] => await HostProcess.RunAsync(Environment.GetEnvironmentVariable, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator()),
    [CertificateTool.Word, var request] => await CertificateTool.RunAsync(
        request, Console.OpenStandardOutput(), Console.OpenStandardError(), Environment.GetEnvironmentVariable, TimeProvider.System, CancellationToken.None),
    [ClientTool.Word] => await ClientTool.RunAsync(
        ConfigurationWorld.Real(Environment.GetEnvironmentVariable), Console.OpenStandardOutput(), Console.OpenStandardError(), CancellationToken.None),
    [['-', ..], ..] => await ServiceProgram.RunAsync(
        args, ConfigurationWorld.Real(Environment.GetEnvironmentVariable), Console.Out, Console.Error, TimeProvider.System, akka => akka.AddOrchestrator()),
    _ => JournalTool.Run(args, Console.OpenStandardOutput(), Console.OpenStandardError()),
};
