using Orchestrator.Messages.Api;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Process;
using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Host.Service;

/// <summary>The options of one host, each from the command line, else the environment, else the file, else its default.</summary>
/// <param name="Lines">Each option and its source, in the table's order.</param>
/// <param name="Problems">All that is wrong, each with its place; the settings are of use only where there is none.</param>
/// <param name="Warnings">What has no effect, and may have been meant to have one.</param>
public sealed record HostConfiguration(
    HostSettings Settings, ImmutableArray<OptionLine> Lines, ImmutableArray<string> Problems, ImmutableArray<string> Warnings)
{
    /// <summary>The option that names the file.</summary>
    public const string FileOption = "config";

    private const string Default = "default";

    /// <summary>A host that a command started: what its environment says.</summary>
    public static HostConfiguration OfCommand(ConfigurationWorld world)
    {
        var reading = new Reading(new HostSettings(), OptionOf.Embedded);
        reading.Environment(world);
        return reading.Done([]);
    }

    /// <summary>A service.</summary>
    /// <param name="file">The configuration file; null for none.</param>
    /// <param name="given">Key and value of each option of the command line, as they were written, without hyphens before it.</param>
    /// <param name="variables">The names of all variables of the environment.</param>
    public static HostConfiguration OfService(
        string? file, IReadOnlyList<(string Key, string Value)> given, IEnumerable<string> variables, ConfigurationWorld world)
    {
        var reading = new Reading(
            new HostSettings { IsService = true, Idle = TimeSpan.MaxValue, RequestsPerSecond = 1000, StreamsAtOnce = 1000 }, OptionOf.Service);
        if (file is not null)
            reading.File(Path.GetFullPath(file), world);
        reading.Environment(world);
        reading.CommandLine(given, world);
        reading.Together();
        return reading.Done(Ineffective(variables.Where(v => world.Environment(v) is { Length: > 0 })));
    }

    /// <summary>The environment with what the options say in the place of the variables that go by other names.</summary>
    public Func<string, string?> Over(Func<string, string?> environment)
    {
        var (state, fleets) = (Settings.State, Settings.Fleets);
        return name => name switch
        {
            "ORCHESTRATOR_STATE" => state ?? environment(name),
            ConfigurationFiles.Variable => fleets ?? environment(name),
            _ => environment(name),
        };
    }

    private static IEnumerable<string> Ineffective(IEnumerable<string> variables)
    {
        foreach (var variable in variables.Where(v => v.StartsWith(OptionTable.Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            if (OptionTable.All.FirstOrDefault(o => o.Variable == variable) is { } option)
            {
                if (option.Of == OptionOf.Embedded)
                    yield return $"{variable} has no effect: a service does not end when it has nothing to do";
            }
            else if (Nearest.Of(variable, OptionTable.OfService.Select(o => o.Variable)) is { } near)
            {
                yield return $"{variable} is not a variable of the host: did you mean {near}?";
            }
        }
    }

    private sealed class Reading(HostSettings settings, OptionOf of)
    {
        private readonly ImmutableArray<HostOption> _options = [.. OptionTable.All.Where(o => o.Of == OptionOf.Both || o.Of == of)];
        private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);
        private readonly List<string> _problems = [];

        public void File(string path, ConfigurationWorld world)
        {
            byte[]? bytes;
            try
            {
                bytes = world.ReadFile(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _problems.Add($"{path} cannot be read: {e.Message}");
                return;
            }
            if (bytes is null)
            {
                _problems.Add($"{path}: file not found, but the option '{FileOption}' names it");
                return;
            }
            var problems = new ProblemList(path);
            var values = new YamlValues(problems);
            if (YamlTree.Read(bytes, "the host's configuration", problems) is { } root and not YamlNode.Scalar { IsNull: true })
            {
                values.Map(root, "the host's configuration", [.. _options.Select(o => o.Key)], (key, node) =>
                {
                    var option = Find(key)!;
                    if (node is not YamlNode.Scalar { IsNull: false, Text: var text })
                        problems.Add(node, $"'{key}' must be {option.Form}, not {node.Kind}");
                    else if (Set(option, text, $"{path}:{node.Line}", Path.GetDirectoryName(path)!, world.Home) is { } problem)
                        problems.Add(node, problem);
                });
            }
            _problems.AddRange(problems.ToImmutable().Select(p => p.ToString()));
        }

        public void Environment(ConfigurationWorld world)
        {
            foreach (var option in _options)
            {
                if (world.Environment(option.Variable) is { Length: > 0 } text
                    && Set(option, text, option.Variable, Directory.GetCurrentDirectory(), world.Home) is { } problem)
                {
                    _problems.Add($"{option.Variable}: {problem}");
                }
            }
        }

        public void CommandLine(IReadOnlyList<(string Key, string Value)> given, ConfigurationWorld world)
        {
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (key, text) in given)
            {
                if (Find(key) is not { } option)
                {
                    var near = Nearest.Of(key, _options.Select(o => o.Key).Append(FileOption));
                    _problems.Add($"unknown option --{key}: " + (near is null ? $"the options are {Arguments()}" : $"did you mean --{near}?"));
                }
                else if (!seen.Add(key))
                {
                    _problems.Add($"{option.Argument} is given twice: keep one");
                }
                else if (Set(option, text, option.Argument, Directory.GetCurrentDirectory(), world.Home) is { } problem)
                {
                    _problems.Add($"{option.Argument}: {problem}");
                }
            }
        }

        /// <summary>What makes sense only with another option.</summary>
        public void Together()
        {
            string[] ofListen = ["certificate", "private-key", "ca", "crl"];
            foreach (var key in ofListen)
            {
                if (!_sources.ContainsKey("listen") && _sources.TryGetValue(key, out var source))
                    _problems.Add($"{source}: '{key}' has no effect without 'listen': add that, or remove this");
                else if (_sources.TryGetValue("listen", out var listen) && !_sources.ContainsKey(key))
                    _problems.Add($"{listen}: 'listen' needs '{key}', {Find(key)!.Meaning}" + (key == "crl" ? "; 'none' if there is none" : ""));
            }
            if (_sources.TryGetValue("socket-group", out var group) && !_sources.ContainsKey("socket"))
                _problems.Add($"{group}: 'socket-group' needs 'socket': only the owner of the state folder can enter it");
        }

        public HostConfiguration Done(IEnumerable<string> warnings) => new(
            settings, [.. _options.Select(o => new OptionLine(o.Key, o.Show(settings), _sources.GetValueOrDefault(o.Key, Default)))], [.. _problems],
            [.. warnings]);

        private HostOption? Find(string key) => _options.FirstOrDefault(o => o.Key == key);

        private string Arguments() => string.Join(", ", _options.Select(o => o.Argument));

        /// <returns>What is wrong with it, without its place; null where nothing is.</returns>
        private string? Set(HostOption option, string text, string source, string folder, string? home)
        {
            // It was said there, also where it cannot be used: what needs it is no second mistake.
            _sources[option.Key] = source;
            var value = option.IsPath && !option.Words.Contains(text) ? Paths.Whole(text, folder, home) : text;
            if (value is { Length: > 0 } && option.Set(settings, value) is { } changed)
            {
                settings = changed;
                return null;
            }
            var near = Nearest.Of(text, option.Words);
            return $"'{option.Key}' must be {option.Form}, not {ProblemList.Quote(text)}" + (near is null ? "" : $": did you mean '{near}'?");
        }
    }
}
