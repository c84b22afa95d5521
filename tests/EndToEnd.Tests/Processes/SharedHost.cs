namespace Orchestrator.EndToEnd.Tests.Processes;

/// <summary>One host for all tests of a class. Scenarios that differ are fleets that differ, so the tests do not meet.</summary>
public sealed class SharedHost : IAsyncLifetime, IAsyncDisposable
{
    private int _fleets;

    /// <summary>Its folder and commands.</summary>
    public Sandbox State { get; } = new();

    /// <inheritdoc/>
    public Task InitializeAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => State.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    /// <summary>Writes a scenario that is a fleet of its own; twenty times as fast unless it says otherwise.</summary>
    public string Scenario(string keys = "", int speed = 20)
    {
        var number = Interlocked.Increment(ref _fleets);
        return State.Write($"scenario{number}.yaml", $"speed: {speed}\nseed: {number}\n{keys}\n");
    }

    /// <summary>Writes a site of the seed's shape: a database, then the nodes that consume it.</summary>
    public string Site(string environment = "production", string database = "dev1.example.net", params string[] webs)
    {
        var lines = webs.Select((web, i) => $"    Lamp::Webapp[app1-{i + 1}]: {{ node: {web}, consumes: [Sql[app1]] }}");
        return State.Write($"{environment}-{database}-{webs.Length}.yaml",
            $$"""
            environment: {{environment}}
            applications:
              Lamp[app1]:
                Lamp::Mysql[app1]:    { node: {{database}}, produces: [Sql[app1]] }
            {{string.Join('\n', lines)}}
            """);
    }

    /// <summary>Begins a deployment in the background and returns its id.</summary>
    public async Task<string> BeginAsync(string site, string scenario, params string[] options)
    {
        var ran = await State.RunAsync(["run", site, "--emulate", scenario, "--yes", "--detach", "--output", "json", .. options]);
        Assert.True(ran.ExitCode == 0, $"exit code {ran.ExitCode}: {ran.Error}");
        return ran.Json().GetProperty("id").GetString()!;
    }

    /// <summary>The deployment's end, awaited by <c>watch</c>.</summary>
    public Task<Ran> EndOfAsync(string id) => State.RunAsync("watch", id, "--output", "json");
}
