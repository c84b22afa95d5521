using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Orchestrator.Cli.Text;

namespace Orchestrator.Cli.Parsing;

/// <summary>The help of a command, followed by its examples and its exit codes.</summary>
/// <param name="width">No line is wider.</param>
internal sealed class HelpWithExamples(HelpAction help, int width) : SynchronousCommandLineAction
{
    private const int CodeColumn = 7;
    private const int ExampleIndent = 2;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var result = help.Invoke(parseResult);
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        if (ExamplesOf(command) is { } examples)
            output.Write($"\nExamples:\n{string.Concat(examples.Split('\n').SelectMany(Example).Select(line => $"{line}\n"))}");
        // Its commands have their own.
        if (command is not RootCommand && command.Subcommands.Count > 0)
            return result;
        output.Write("\nExit codes:\n");
        foreach (var row in ExitCodeTable.Of(command.FullName()))
        {
            foreach (var line in Wrapped.Lines(row.Meaning, width, new string(' ', CodeColumn), head: $"  {row.Code}".PadRight(CodeColumn)))
                output.Write($"{line}\n");
        }
        return result;
    }

    private IEnumerable<Line> Example(string example) => example.Length <= width
        ? [example]
        : Wrapped.Lines(example.TrimStart(), width, new string(' ', 2 * ExampleIndent), head: new string(' ', ExampleIndent));

    private static string? ExamplesOf(Command command) => command is RootCommand
        ? """
              orchestrator plan site.yaml                 what would run, in which order
              orchestrator run site.yaml --emulate        try it on emulated nodes
              orchestrator list                           those that need action first
              orchestrator show 7f3k2m1q                  an id may be shortened
              orchestrator why 7f3k2m1q web3.example.net  why a node waits or failed
            """
        : command.FullName() switch
        {
            "plan" => """
                  orchestrator plan site.yaml
                  orchestrator plan site.yaml --instance 'Lamp[app1]' --batch 1,5,50%
                  orchestrator plan site.yaml --instance Lamp --exclude 'old*,dev9'
                  orchestrator plan site.yaml --batch 25% --spread rack
                  orchestrator plan site.yaml --against k7m2p9xa --exit-code
                  orchestrator plan site.yaml --impact --batch 25%
                  orchestrator plan --environment staging --server puppet.example.net --edges
                  orchestrator plan --source puppetdb --mapping mapping.yaml
                  curl ... | orchestrator plan - --output json
                """,
            "run" => """
                  orchestrator run site.yaml      on real nodes, as the configuration says
                  orchestrator run site.yaml --fleet test --noop --yes
                  orchestrator run site.yaml --emulate slow.yaml --yes --noop
                  orchestrator run site.yaml --batch 1,25% --soak 2m --max-failures 5%
                  orchestrator run site.yaml --approve-groups --approve-timeout 2h
                  orchestrator run site.yaml --retries 2 --retry-wait 1m
                  orchestrator run site.yaml --run-environment v42 \
                      --on-failure rollback --rollback-environment v41
                  orchestrator run site.yaml --emulate --yes --output json > result.json
                """,
            "list" => """
                  orchestrator list
                  orchestrator list --mine --since 7d --state failed,cancelled
                  orchestrator list --output json
                """,
            "show" => """
                  orchestrator show                         the newest deployment
                  orchestrator show 7f3k2m1q
                  orchestrator show 7f --all
                  orchestrator show 7f --fresh
                """,
            "watch" => """
                  orchestrator watch                        the newest deployment
                  orchestrator watch 7f3k2m1q --output jsonl
                  orchestrator watch 7f3k2m1q --quiet --timeout 1h30m
                """,
            "web" => """
                  orchestrator web                          opens a browser, if there is one
                  orchestrator web --no-browser
                  orchestrator web --output json
                """,
            "events" => """
                  orchestrator events latest
                  orchestrator events 7f3k2m1q --node 'web*' --type node-settled
                  orchestrator events 7f3k2m1q --output jsonl
                """,
            "nodes" => """
                  orchestrator nodes site.yaml
                  orchestrator nodes site.yaml --node 'web*' --state no-answer
                  orchestrator nodes site.yaml --emulate
                """,
            "why" => """
                  orchestrator why web3.example.net         in the newest deployment
                  orchestrator why 7f web3.example.net --output json
                """,
            "pause" => """
                  orchestrator pause 7f3k2m1q
                  orchestrator resume 7f3k2m1q              ends the pause
                """,
            "approve" => """
                  orchestrator run site.yaml --approve-groups --detach
                  orchestrator approve 7f3k2m1q             the waiting group
                  orchestrator approve 7f3k2m1q --group 2   only if group 2 waits
                  orchestrator run site.yaml --approve-groups --approver-differs
                """,
            "cancel" => """
                  orchestrator cancel 7f3k2m1q              then the failure policy applies
                  orchestrator cancel 7f3k2m1q --release    then all nodes are enabled; asks
                  orchestrator cancel 7f3k2m1q --release --yes
                  orchestrator stop 7f3k2m1q                the same as cancel
                """,
            "abandon" => """
                  orchestrator abandon 7f3k2m1q             asks first
                  orchestrator abandon 7f3k2m1q --yes
                """,
            "retry" => """
                  orchestrator retry 7f3k2m1q               asks, reruns what has not succeeded
                  orchestrator retry 7f3k2m1q --yes --detach
                """,
            "rollback" => """
                  orchestrator rollback 7f3k2m1q            to the environment given to run
                  orchestrator rollback 7f3k2m1q --rollback-environment v41 --yes
                """,
            "release" => """
                  orchestrator release 7f3k2m1q             asks first
                  orchestrator release 7f3k2m1q dev1.example.net --yes
                  orchestrator release --from-nodes site.yaml  if its host is lost
                  orchestrator release 7f3k2m1q --from-nodes site.yaml --yes
                """,
            "hold" => """
                  orchestrator hold 7f3k2m1q dev1.example.net
                  orchestrator release 7f3k2m1q dev1.example.net
                """,
            "recover" => """
                  orchestrator recover
                  orchestrator recover --yes --output json
                """,
            "verify" => """
                  orchestrator verify
                  orchestrator verify /backup/orchestrator.db
                  orchestrator verify --output json
                """,
            "export" => """
                  orchestrator export 7f3k2m1q > 7f3k2m1q.jsonl
                """,
            "import" => """
                  orchestrator import 7f3k2m1q.jsonl
                  orchestrator show 7f3k2m1q
                """,
            "request-cert" => """
                  orchestrator request-cert --ca puppet.example.net
                  orchestrator request-cert --ca-fingerprint 29:DF:B5:B3:...  if you know it
                  orchestrator request-cert --no-wait       again later, to fetch it
                  orchestrator request-cert --renew
                """,
            "prune" => """
                  orchestrator prune --older-than 90d --export-to /backup/histories
                  orchestrator prune --older-than 90d --export-to /backup/histories --dry-run
                  orchestrator prune --older-than 90d --exported /backup/histories
                """,
            "resume" => """
                  orchestrator resume           all unfinished deployments
                  orchestrator resume 7f3k2m1q  this one and those it waits for; ends its pause
                """,
            "config" => """
                  orchestrator config
                  orchestrator config --fleet test --output json
                  orchestrator config --ping site.yaml  which nodes respond, and their problems
                  orchestrator config --broker-permissions site.yaml > users.conf
                """,
            "mapping" => """
                  orchestrator mapping > mapping.yaml   the default mapping, to be changed
                  orchestrator mapping mapping.yaml     whether it can be used, and what it does
                  orchestrator plan --source puppetdb --mapping mapping.yaml
                """,
            "audit" => """
                  orchestrator audit
                  orchestrator audit --result denied --since 1d
                  orchestrator audit --caller alice --verb run
                  orchestrator audit --deployment 7f3k2m1q
                  orchestrator audit --after 1200 --output jsonl >> audit.jsonl
                """,
            "token" => """
                  orchestrator token create ci --verbs plan,run --environment staging \
                      --expires 90d
                  orchestrator token list
                  orchestrator token revoke ci
                """,
            "token create" => """
                  orchestrator token create ci --verbs plan,run --expires 90d
                  orchestrator token create ci --verbs show --environment 'qa*' --expires 12h
                  TOKEN=$(orchestrator token create ci --verbs show --expires 1d)
                """,
            "token list" => """
                  orchestrator token list
                  orchestrator token list --output json
                """,
            "token revoke" => """
                  orchestrator token revoke ci
                  orchestrator token revoke alice/ci
                  orchestrator token revoke k7m2p9xaq4
                """,
            "policy" => """
                  orchestrator policy show
                  orchestrator policy test --caller alice --verb config
                  orchestrator policy check policy.new
                """,
            "policy show" => """
                  orchestrator policy show
                  orchestrator policy show --output json
                """,
            "policy test" => """
                  orchestrator policy test --caller alice --verb config
                  orchestrator policy test --caller alice/ci --verb run --environment staging
                  orchestrator policy test --caller choria=bob.mcollective --verb run \
                      --environment production --application 'Shop[eu]' \
                      --node web1.example.net
                """,
            "policy check" => """
                  orchestrator policy check /etc/orchestrator/policy
                  orchestrator policy check policy.new && mv policy.new policy
                """,
            "help" => """
                  orchestrator help run
                """,
            "version" => """
                  orchestrator version
                """,
            "completion" => """
                  source <(orchestrator completion bash)
                  orchestrator completion zsh > ~/.zfunc/_orchestrator
                  orchestrator completion fish > ~/.config/fish/completions/orchestrator.fish
                """,
            _ => null,
        };
}
