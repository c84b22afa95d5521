using System.Text;
using Orchestrator.Host.Configuration;

namespace Orchestrator.Host.Tests.Testing;

/// <summary>Machines and users that tests make up.</summary>
public static class Worlds
{
    /// <summary>The user jane on dev1.example.net, without a single file.</summary>
    public static ConfigurationWorld Empty { get; } = With();

    /// <summary>The same with files.</summary>
    public static ConfigurationWorld With(params (string Path, string Text)[] files) => new()
    {
        Environment = name => name switch { "HOME" => "/home/jane", "USER" => "jane", _ => null },
        IsRoot = false,
        UserName = "nobody",
        HostNames = _ => Task.FromResult(new HostNames("dev1.example.net", "example.net")),
        ReadFile = path => files.Where(f => f.Path == path).Select(f => Encoding.UTF8.GetBytes(f.Text)).FirstOrDefault(),
        HasFolder = _ => false,
    };

    /// <summary>The same with variables.</summary>
    public static ConfigurationWorld With(this ConfigurationWorld world, string name, string? value) =>
        world with { Environment = asked => asked == name ? value : world.Environment(asked) };
}
