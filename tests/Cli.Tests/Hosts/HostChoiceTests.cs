using Orchestrator.Cli.Host;

namespace Orchestrator.Cli.Tests.Hosts;

public sealed class HostChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("hc-").FullName;
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private HostChoice Choice => new(_variables.GetValueOrDefault);

    [Fact]
    public void Without_a_word_it_is_the_users_own()
    {
        _variables["HOME"] = _folder;
        Assert.False(Choice.IsElsewhere);
    }

    [Fact]
    public void An_option_a_variable_or_a_line_of_the_configuration_names_another()
    {
        _variables["HOME"] = _folder;
        Assert.True(new HostChoice(_variables.GetValueOrDefault) { Option = "https://x" }.IsElsewhere);
        Directory.CreateDirectory(Path.Combine(_folder, ".config", "orchestrator"));
        var file = Path.Combine(_folder, ".config", "orchestrator", "config.yaml");
        File.WriteAllText(file, "fleets: { default: {} }\n# host: none\n");
        Assert.False(Choice.IsElsewhere);
        File.WriteAllText(file, "fleets: { default: {} }\nhost: https://deploy.example.net\n");
        Assert.True(Choice.IsElsewhere);
        File.Delete(file);
        _variables["ORCHESTRATOR_HOST"] = "/run/x.sock";
        Assert.True(Choice.IsElsewhere);
    }
}
