using System.Collections;
using System.Text;
using System.Text.Json;
using Akka.Hosting;
using Orchestrator.Host.Access;
using Orchestrator.Host.Configuration;
using Orchestrator.Host.Process;
using Orchestrator.Host.Service;

namespace Orchestrator.Host;

/// <summary>The program with options: a service that stays, or the check of what it would be started with.</summary>
public static class ServiceProgram
{
    private const string CheckOption = "check-config";
    private const string OutputOption = "output";
    private const string Name = "orchestrator-host";

    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(
        string[] arguments, ConfigurationWorld world, TextWriter output, TextWriter errors, TimeProvider time, Action<AkkaConfigurationBuilder> actors)
    {
        var line = CommandLine.Read(arguments);
        if (line.Help)
        {
            await output.WriteAsync(Help());
            return 0;
        }
        var own = world;
        var (options, outOfDate) = Read();
        world = own with { Environment = options.Over(own.Environment) };
        if (line.Check)
            return await ShowAsync(options with { Problems = [.. options.Problems, .. outOfDate] }, world, line.IsJson, output, errors);
        foreach (var sentence in options.Problems)
            await errors.WriteLineAsync(sentence);
        if (!options.Problems.IsEmpty)
            return CannotStartException.BadConfiguration;
        Posix.KeepOthersOut();
        return await HostProcess.RunAsync(
            options with { Warnings = [.. options.Warnings, .. outOfDate] }, world, errors, time, actors, () => Read().Options);

        (HostConfiguration Options, List<string> OutOfDate) Read()
        {
            var read = HostConfiguration.OfService(
                line.File, line.Options, Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => (string)e.Key), own);
            var old = new List<string>();
            ImmutableArray<string> problems = [.. line.Problems, .. read.Problems];
            if (problems.IsEmpty)
                problems = Checked(read.Settings, own with { Environment = read.Over(own.Environment) }, time.GetUtcNow(), old);
            return (read with { Problems = problems }, old);
        }
    }

    private static ImmutableArray<string> Checked(HostSettings settings, ConfigurationWorld world, DateTimeOffset now, List<string> outOfDate)
    {
        var ofPolicy = settings.Policy is { } file ? PolicyFile.ProblemsOf(file).Select(problem => $"policy: {problem}") : [];
        return [.. ServiceChecks.Problems(settings, world, now, outOfDate), .. ofPolicy];
    }

    private static async Task<int> ShowAsync(HostConfiguration options, ConfigurationWorld world, bool isJson, TextWriter output, TextWriter errors)
    {
        var lines = options.Lines.Select(l => l is { Key: "state", Value: null }
            ? l with { Value = StateFolders.StateFolder.Locate(world.Environment, out _)?.Path }
            : l).ToList();
        if (isJson)
        {
            await output.WriteLineAsync(Json(lines, options));
        }
        else
        {
            var (key, value) = (lines.Max(l => l.Key.Length), lines.Max(l => (l.Value ?? "-").Length));
            foreach (var line in lines)
                await output.WriteLineAsync($"{line.Key.PadRight(key)}  {(line.Value ?? "-").PadRight(value)}  {line.Source}");
            foreach (var warning in options.Warnings)
                await errors.WriteLineAsync($"warning: {warning}");
            foreach (var problem in options.Problems)
                await errors.WriteLineAsync(problem);
        }
        return options.Problems.IsEmpty ? 0 : CannotStartException.BadConfiguration;
    }

    private static string Json(IReadOnlyList<OptionLine> lines, HostConfiguration options)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            json.WriteStartObject();
            json.WriteStartArray("settings");
            foreach (var line in lines)
            {
                json.WriteStartObject();
                json.WriteString("key", line.Key);
                json.WriteString("value", line.Value);
                json.WriteString("source", line.Source);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            Write("problems", options.Problems);
            Write("warnings", options.Warnings);
            json.WriteEndObject();

            void Write(string name, IEnumerable<string> sentences)
            {
                json.WriteStartArray(name);
                foreach (var sentence in sentences)
                    json.WriteStringValue(sentence);
                json.WriteEndArray();
            }
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    private static string Help()
    {
        var text = new StringBuilder();
        text.Append(
            $"""
            {Name}: runs deployments for a team, as a service

            Usage:
              {Name} --{HostConfiguration.FileOption} FILE [--KEY VALUE ...]
              {Name} --{HostConfiguration.FileOption} FILE --{CheckOption} [--{OutputOption} text|json]

            What the command line says counts before the environment, and that before the file. Started without any of this, the program serves
            the user whose command started it, and ends when nothing is left to do.

            Keys, on the command line, in the file (key: value), and in the environment ({OptionTable.Prefix}KEY, with _ for -):

            """);
        var width = OptionTable.OfService.Max(o => o.Key.Length);
        foreach (var option in OptionTable.OfService)
            text.Append($"  {option.Key.PadRight(width)}  {option.Meaning}: {option.Form}\n");
        text.Append(
            $"""

            Examples:
              {Name} --{HostConfiguration.FileOption} /etc/orchestrator/host.yaml
              {Name} --{HostConfiguration.FileOption} /etc/orchestrator/host.yaml --{CheckOption}
              {Name} --{HostConfiguration.FileOption} /etc/orchestrator/host.yaml --log-level Debug


            """);
        return text.ToString();
    }

    /// <summary>The arguments, split.</summary>
    private sealed record CommandLine(
        string? File, ImmutableArray<(string Key, string Value)> Options, bool Help, bool Check, bool IsJson, ImmutableArray<string> Problems)
    {
        public static CommandLine Read(string[] arguments)
        {
            var options = ImmutableArray.CreateBuilder<(string, string)>();
            var problems = ImmutableArray.CreateBuilder<string>();
            string? file = null;
            string? form = null;
            var (help, check) = (false, false);
            for (var i = 0; i < arguments.Length; i++)
            {
                var argument = arguments[i];
                if (argument is "-h" or "--help")
                {
                    help = true;
                }
                else if (argument == $"--{CheckOption}")
                {
                    check = true;
                }
                else if (!argument.StartsWith("--", StringComparison.Ordinal))
                {
                    problems.Add($"unexpected argument '{argument}': options begin with two hyphens");
                }
                else
                {
                    var equals = argument.IndexOf('=', StringComparison.Ordinal);
                    var key = equals < 0 ? argument[2..] : argument[2..equals];
                    var value = equals >= 0 ? argument[(equals + 1)..]
                        : i + 1 < arguments.Length && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : null;
                    if (value is null)
                        problems.Add($"--{key} needs a value");
                    else if (key == HostConfiguration.FileOption && file is null)
                        file = value;
                    else if (key == OutputOption && value is "text" or "json")
                        form = value;
                    else if (key == OutputOption)
                        problems.Add($"--{OutputOption} must be text or json, not '{value}'");
                    else
                        options.Add((key, value));
                }
            }
            if (form is not null && !check)
                problems.Add($"--{OutputOption} is for --{CheckOption}");
            return new CommandLine(file, options.ToImmutable(), help, check, form == "json", problems.ToImmutable());
        }
    }
}
