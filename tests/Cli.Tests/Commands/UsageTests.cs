using System.Diagnostics;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Tests.Hosts;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>A command line that is wrong is answered with one sentence and exit code 2, before anything is asked of a host.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("unknown command \"rum\", did you mean run?; see orchestrator --help", "rum")]
    [InlineData("unknown command \"begin\"; see orchestrator --help", "begin", "abc")]
    [InlineData("unknown command \"rum\", did you mean run?; see orchestrator --help", "help", "rum")]
    [InlineData("unknown command \"status\", did you mean show?; see orchestrator --help", "status", "abc")]
    [InlineData("unknown command \"logs\", did you mean events?; see orchestrator --help", "logs")]
    [InlineData("unknown command \"stopp\", did you mean stop?; see orchestrator --help", "stopp")]
    [InlineData("latest stands for an id in show, watch, events and why only; see orchestrator list", "approve", "latest")]
    [InlineData("latest stands for an id in show, watch, events and why only; see orchestrator list", "retry", "latest")]
    [InlineData("latest stands for an id in show, watch, events and why only; see orchestrator list", "export", "latest")]
    [InlineData("latest stands for an id in show, watch, events and why only; see orchestrator list", "release", "latest", "--yes")]
    [InlineData("latest stands for an id in show, watch, events and why only; see orchestrator list", "resume", "latest")]
    [InlineData("unexpected argument \"plan\"; see orchestrator help --help", "help", "run", "plan")]
    [InlineData("unknown option -v; see orchestrator --help", "-v")]
    [InlineData("unknown option --max-failure, did you mean --max-failures?; see orchestrator run --help", "run", "SITE", "--emulate", "--max-failure", "3",
        "--yes")]
    [InlineData("unknown option --fleeet, did you mean --fleet?; see orchestrator nodes --help", "nodes", "--fleeet=test", "SITE")]
    [InlineData("unknown option -dash.yaml; see orchestrator plan --help", "plan", "-dash.yaml")]
    [InlineData("unknown option --frob; see orchestrator show --help", "show", "abc", "--frob", "x", "y")]
    [InlineData("the site -dash.yaml does not exist: name an existing file", "plan", "--", "-dash.yaml")]
    [InlineData("unexpected argument \"--yes\"; see orchestrator plan --help", "plan", "--", "SITE", "--yes")]
    [InlineData("--yes takes no value; see orchestrator run --help", "run", "SITE", "--yes=maybe")]
    [InlineData("approve needs ID; see orchestrator approve --help", "approve")]
    [InlineData("hold needs NODE; see orchestrator hold --help", "hold", "abc")]
    [InlineData("why needs NODE; see orchestrator why --help", "why")]
    [InlineData("--timeout: \"soon\" is not a time: write for example 500ms, 1.5s, 5m, 1h30m or 2d", "watch", "--timeout", "soon")]
    [InlineData("--rollback-environment: \"v-41\" is not a valid environment name: use letters, digits and underscores, at most 50", "rollback", "abc",
        "--yes", "--rollback-environment", "v-41")]
    [InlineData("unknown option --emulat, did you mean --emulate?; see orchestrator run --help", "run", "SITE", "--emulat")]
    [InlineData("unknown option --frobnicate; see orchestrator run --help", "run", "--frobnicate", "--emulate")]
    [InlineData("unknown option -x; see orchestrator run --help", "run", "-x")]
    [InlineData("unexpected argument \"b\"; see orchestrator plan --help", "plan", "SITE", "b")]
    [InlineData("--batch needs a value; see orchestrator run --help", "run", "SITE", "--batch")]
    [InlineData("--batch was given 2 times: give it once; see orchestrator run --help", "run", "SITE", "--batch", "1", "--batch", "2")]
    [InlineData("SITE is missing: s.yaml was read as the scenario of --emulate; put SITE before --emulate, or name a server to ask with --source",
        "run", "--emulate", "s.yaml")]
    [InlineData("SITE and --source cannot be combined: --source is for a site that a server is asked for", "plan", "SITE", "--source", "puppetdb")]
    [InlineData("SITE and --server cannot be combined: --server is for a site that a server is asked for", "nodes", "SITE", "--server", "puppet")]
    [InlineData("--source must be one of puppetserver, puppetdb, not \"puppet\"", "plan", "--source", "puppet")]
    [InlineData("--query needs --source puppetdb", "plan", "--query", "nodes{}")]
    [InlineData("--mapping needs --source puppetdb", "run", "--mapping", "mapping.yaml")]
    [InlineData("the mapping nowhere.yaml does not exist: name an existing file", "plan", "--source", "puppetdb", "--mapping", "nowhere.yaml")]
    [InlineData("--source-timeout: \"soon\" is not a time: write for example 500ms, 1.5s, 5m, 1h30m or 2d", "plan", "--source-timeout", "soon")]
    [InlineData("--fleet and --emulate cannot be combined: use one of them", "run", "SITE", "--fleet", "test", "--emulate")]
    [InlineData("--fleet must not be empty", "nodes", "SITE", "--fleet", "")]
    [InlineData("--output must be one of text, json, not \"yaml\"", "config", "--output", "yaml")]
    [InlineData("--output must be one of text, json, site, not \"JSON\"", "plan", "SITE", "--output", "JSON")]
    [InlineData("--output must be one of text, json, jsonl, not \"xml\"", "run", "SITE", "--output", "xml")]
    [InlineData(
        "--batch: batch size \"0\" is neither a number (1 or more) nor a percentage from 1% to 100%; for example 10, 25% or 1,5,50%",
        "run", "SITE", "--batch", "1,0")]
    [InlineData(
        "--batch: batch size \"x\" is neither a number (1 or more) nor a percentage from 1% to 100%; for example 10, 25% or 1,5,50%",
        "plan", "SITE", "--batch", "x")]
    [InlineData(
        "--max-failures: \"-1\" is neither a number of nodes nor a percentage from 0% to 100%; for example 3 or 5%", "run", "SITE", "--max-failures=-1")]
    [InlineData(
        "--max-failures: \"101%\" is neither a number of nodes nor a percentage from 0% to 100%; for example 3 or 5%", "run", "SITE", "--max-failures", "101%")]
    [InlineData("--strategy must be one of groups, eager, not \"lazy\"", "run", "SITE", "--strategy", "lazy")]
    [InlineData("--on-failure must be one of freeze, release, rollback, not \"panic\"", "run", "SITE", "--on-failure", "panic")]
    [InlineData("--on-failure rollback needs --rollback-environment: name the Puppet environment known to be good", "run", "SITE", "--on-failure", "rollback")]
    [InlineData("--noop changes nothing that --on-failure rollback could roll back: use one of them", "run", "SITE", "--noop", "--on-failure", "rollback")]
    [InlineData("--noop changes nothing that could be rolled back: omit --rollback-environment", "run", "SITE", "--noop", "--rollback-environment", "v41")]
    [InlineData("--approve-timeout needs --approve-groups", "run", "SITE", "--approve-timeout", "1h")]
    [InlineData("--approver-differs needs --approve-groups", "run", "SITE", "--approver-differs")]
    [InlineData("--group: \"0\" is not the number of a group (1 or more)", "approve", "7f", "--group", "0")]
    [InlineData("--strategy eager starts each node on its own, without groups and batches: omit --batch", "run", "SITE", "--strategy", "eager", "--batch", "1")]
    [InlineData("--strategy eager starts each node on its own, without groups and batches: omit --soak", "run", "SITE", "--strategy", "eager", "--soak", "1m")]
    [InlineData(
        "--strategy eager starts each node on its own, without groups and batches: omit --spread", "run", "SITE", "--strategy", "eager", "--spread", "rack")]
    [InlineData("--strategy eager starts each node on its own, without groups and batches: omit --approve-groups", "run", "SITE", "--strategy", "eager",
        "--approve-groups")]
    [InlineData("--max-running: \"0\" is not a number of nodes (1 or more)", "run", "SITE", "--max-running", "0")]
    [InlineData("--soak: \"0s\" is out of range: a time is more than nothing and at most a week, 7d", "run", "SITE", "--soak", "0s")]
    [InlineData("--tags: \"a b\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name", "run", "SITE",
        "--tags", "web,a b")]
    [InlineData(
        "--tags: \"\" is not a valid tag: use letters, digits and underscores, with :: between the parts of a class's name", "run", "SITE", "--tags", "web,")]
    [InlineData("--description must not be empty", "run", "SITE", "--description", " ")]
    [InlineData("--unsignalled must not be empty", "run", "SITE", "--unsignalled", "")]
    [InlineData("--run-environment: \"a-b\" is not a valid environment name: use letters, digits and underscores, at most 50", "run", "SITE",
        "--run-environment", "a-b")]
    [InlineData("--rpc-timeout: \"10\" is not a time: write for example 500ms, 1.5s, 5m, 1h30m or 2d", "run", "SITE", "--rpc-timeout", "10")]
    [InlineData("--start-timeout: \"0s\" is out of range: a time is more than nothing and at most a week, 7d", "run", "SITE", "--start-timeout", "0s")]
    [InlineData("--run-timeout: \"169h\" is out of range: a time is more than nothing and at most a week, 7d", "run", "SITE", "--run-timeout", "169h")]
    [InlineData("--idle-timeout: \"-5m\" is not a time: write for example 500ms, 1.5s, 5m, 1h30m or 2d", "run", "SITE", "--idle-timeout=-5m")]
    [InlineData("--run-environment must not be empty", "run", "SITE", "--run-environment", " ")]
    [InlineData("--instance must not be empty", "run", "SITE", "--instance", "")]
    [InlineData("policy needs one of show, test, check; see orchestrator policy --help", "policy")]
    [InlineData("unknown command \"policy shwo\", did you mean show?; see orchestrator policy --help", "policy", "shwo")]
    [InlineData("unknown command \"policy tset\", did you mean test?; see orchestrator policy --help", "help", "policy", "tset")]
    [InlineData("unknown option --calller, did you mean --caller?; see orchestrator policy test --help", "policy", "test", "--calller", "alice")]
    [InlineData("policy test needs --caller; see orchestrator policy test --help", "policy", "test", "--verb", "run")]
    [InlineData("policy test needs --verb; see orchestrator policy test --help", "policy", "test", "--caller", "alice")]
    [InlineData("--verb: unknown verb \"rnu\", did you mean run?", "policy", "test", "--caller", "alice", "--verb", "rnu")]
    [InlineData(
        "--verb: unknown verb \"unknown\": use one of plan, run, show, nodes, pause, resume, approve, cancel, abandon, retry, rollback, release, hold, "
        + "recover, import, prune, config, token, policy, audit", "policy", "test", "--caller", "alice", "--verb", "unknown")]
    [InlineData("policy check needs FILE; see orchestrator policy check --help", "policy", "check")]
    [InlineData("unexpected argument \"b\"; see orchestrator policy check --help", "policy", "check", "a", "b")]
    [InlineData("the policy nowhere does not exist: name an existing file", "policy", "check", "nowhere")]
    [InlineData("SHELL must be one of bash, zsh, fish, not \"tcsh\"", "completion", "tcsh")]
    [InlineData(@"unknown command ""a\u001b[2J\u202e""; see orchestrator --help", "a\u001b[2J\u202e")]
    public async Task Says_what_is_wrong_in_one_sentence(string sentence, params string[] arguments)
    {
        var site = _cli.File("site.yaml", "{}");
        var ran = await _cli.RunAsync([.. arguments.Select(a => a == "SITE" ? site : a)]);
        Assert.Equal((ExitCodes.Usage, "", $"orchestrator: {sentence}\n"), (ran.ExitCode, ran.Out, ran.Error));
    }

    [Fact]
    public async Task Names_a_document_that_cannot_be_read()
    {
        var missing = Path.Combine(_cli.Folder, "none.yaml");
        Assert.Equal((2, $"orchestrator: the site {missing} does not exist: name an existing file\n"), await FailAsync("plan", missing));
        Assert.Equal((2, $"orchestrator: the site {_cli.Folder} is a directory: name a file in it\n"), await FailAsync("plan", _cli.Folder));
        var site = _cli.File("site.yaml", "{}");
        Assert.Equal((2, $"orchestrator: the scenario {missing} does not exist: name an existing file\n"), await FailAsync("run", site, "--emulate", missing));
        Assert.Equal(
            (2, "orchestrator: the site /proc/self/mem cannot be read: Input/output error : '/proc/self/mem'\n"), await FailAsync("plan", "/proc/self/mem"));
        using (var huge = File.Create(Path.Combine(_cli.Folder, "huge.json")))
            huge.SetLength((256L << 20) + 1);
        Assert.Equal((2, $"orchestrator: the site {_cli.Folder}/huge.json is larger than 256 MiB: is it the right file?\n"), await FailAsync(
            "plan", Path.Combine(_cli.Folder, "huge.json")));
        Assert.Equal(
            (2, "orchestrator: the scenario /dev/zero is larger than 16 MiB: is it the right file?\n"), await FailAsync("run", site, "--emulate", "/dev/zero"));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    [InlineData("run", "-h", "--nonsense")]
    [InlineData("retry", "--help")]
    [InlineData("rollback", "--help")]
    [InlineData("pause", "--help")]
    [InlineData("approve", "--help")]
    [InlineData("abandon", "--help")]
    [InlineData("hold", "--help")]
    [InlineData("why", "--help")]
    [InlineData("completion", "--help")]
    [InlineData("policy", "--help")]
    [InlineData("policy", "test", "--help")]
    [InlineData("policy", "show", "--help")]
    public async Task Helps_with_examples(params string[] arguments)
    {
        var ran = await _cli.RunAsync(arguments);
        Assert.Equal(0, ran.ExitCode);
        Assert.Contains("Examples:\n", ran.Out, StringComparison.Ordinal);
        Assert.All(ran.Lines, line => Assert.True(line.Length <= 80, line));
        Assert.Equal(arguments[0] is "--help" or "run" or "retry" or "rollback", ran.Out.Contains("Exit codes:\n  0    succeeded", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(40, 40)]
    [InlineData(60, 60)]
    [InlineData(120, 100)]
    public async Task Help_fits_the_terminal(int columns, int widest)
    {
        var root = OrchestratorCommand.Build(_cli.Context());
        foreach (var command in root.Leaves().Concat(root.Subcommands).Select(c => c.FullName()).Append("--help"))
        {
            using var cli = new CommandLine(_cli.Folder) { Terminal = true, Size = (columns, 24) };
            var ran = await cli.RunAsync([.. command.Split(' '), "--help"]);
            Assert.All(ran.Lines, line => Assert.True(line.Length <= widest, $"{command}: {line}"));
        }
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--help", "help")]
    [InlineData("run --help", "help", "run")]
    [InlineData("cancel --help", "help", "stop")]
    [InlineData("policy --help", "help", "policy")]
    [InlineData("policy test --help", "help", "policy", "test")]
    [InlineData("--version", "version")]
    [InlineData("--version", "-V")]
    public async Task Other_ways_to_ask_say_the_same(string usual, params string[] arguments)
    {
        using var other = new CommandLine(_cli.Folder);
        Assert.Equal(await other.RunAsync(usual.Split(' ')), await _cli.RunAsync(arguments));
    }

    [Theory]
    [InlineData("run", "--max-failures", "--on-failure", "--rollback-environment", "--strategy", "--soak", "--spread", "--approve-groups", "--approve-timeout",
        "--approver-differs", "--max-running", "--tags", "--unsignalled", "--max-hold")]
    [InlineData("rollback", "in no particular order")]
    [InlineData("release", "in no particular order")]
    public async Task Its_help_tells(string command, params string[] words)
    {
        var help = string.Join(' ', (await _cli.RunAsync(command, "--help")).Out.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        Assert.All(words, w => Assert.Contains(w, help, StringComparison.Ordinal));
    }

    /// <summary>By its name the rules of options name what was chosen; what only the API can set has none.</summary>
    [Fact]
    public async Task An_option_is_called_as_the_rules_name_it()
    {
        var help = (await _cli.RunAsync("run", "--help")).Out;
        string[] withoutOption = [nameof(DeploymentOptions.RpcRetries), nameof(DeploymentOptions.RunonceTimeToLive)];
        Assert.All(
            typeof(DeploymentOptions).GetProperties().Select(p => p.Name).Except(withoutOption),
            property => Assert.Contains($"  {RunOptions.NameOf(property)} ", help, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Says_what_may_come_next_to_the_shells_scripts()
    {
        using var other = new CommandLine();
        Assert.Equal(["freeze", "release", "rollback"], (await other.RunAsync("[suggest:30]", "orchestrator run --on-failure ")).Lines);
        using var third = new CommandLine();
        Assert.Equal(["recover", "release", "request-cert", "resume", "retry"], (await third.RunAsync("[suggest:15]", "orchestrator re")).Lines);
        using var fourth = new CommandLine();
        Assert.Equal(
            ["--detach", "--rollback-environment"],
            (await fourth.RunAsync("[suggest:24]", "orchestrator rollback --")).Lines.Intersect(["--detach", "--rollback-environment"]));
    }

    [Fact]
    public async Task The_script_for_bash_completes()
    {
        var script = _cli.File("completion.bash", (await _cli.RunAsync("completion", "bash")).Out + """
            orchestrator() { printf '%s\n' --yes --yonder --no-wait "--you-asked-$1-$2"; }
            COMP_LINE='orchestrator run --y and more' COMP_POINT=20 COMP_CWORD=2 COMP_WORDS=(orchestrator run --y and more)
            _orchestrator
            printf '%s\n' "${COMPREPLY[@]}"
            complete -p orchestrator
            """);
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", script]) { RedirectStandardOutput = true })!;
        Assert.Equal(
            """
            --yes
            --yonder
            --you-asked-[suggest:20]-orchestrator run --y
            complete -o bashdefault -o default -F _orchestrator orchestrator

            """, await bash.StandardOutput.ReadToEndAsync());
    }

    private async Task<(int, string)> FailAsync(params string[] arguments)
    {
        using var cli = new CommandLine(_cli.Folder);
        var ran = await cli.RunAsync(arguments);
        Assert.Equal("", ran.Out);
        return (ran.ExitCode, ran.Error);
    }
}
