namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>The programs in examples do what they say.</summary>
public sealed class ExampleTests
{
    private static readonly string Client = Sandbox.Built("examples/client", "Orchestrator.Client.Example.dll");

    [Fact]
    public async Task A_program_runs_a_site_with_the_client_and_follows_it_to_its_end()
    {
        await using var state = new Sandbox();
        await state.RunAsync("list");
        await using var program = state.StartProgram(Sandbox.Dotnet, Client, state.Socket, state.Write("site.yaml", OutcomeRow.Site));
        var ran = await program.EndAsync();

        Assert.Equal((0, ""), (ran.ExitCode, ran.Error));
        Assert.StartsWith("1 DeploymentStarted\n", ran.Output, StringComparison.Ordinal);
        Assert.Matches("^[a-z0-9]+: Succeeded$", ran.Output.TrimEnd('\n').Split('\n')[^1]);
        Assert.Contains("succeeded", (await state.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_is_told_what_is_wrong_with_its_site()
    {
        await using var state = new Sandbox();
        await state.RunAsync("list");
        await using var program = state.StartProgram(Sandbox.Dotnet, Client, state.Socket, state.Write("site.yaml", "applications: nothing"));
        var ran = await program.EndAsync();

        Assert.Equal((1, ""), (ran.ExitCode, ran.Output));
        Assert.StartsWith($"{state.Root}/site.yaml, line 1, ", ran.Error, StringComparison.Ordinal);
    }
}
