using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Parsing;

/// <summary>What the exit codes of each command mean: the one table of the help, of docs/scripting.md and of the README.</summary>
internal static class ExitCodeTable
{
    /// <param name="Meaning">Plain text: it is shown on terminals and on pages.</param>
    internal readonly record struct Row(int Code, string Meaning);

    private static readonly Row Misused = new(ExitCodes.Usage, "usage error, or an unknown id");
    private static readonly Row Unreachable = new(ExitCodes.Unreachable, "the host cannot be reached");
    private static readonly Row Overloaded = new(
        ExitCodes.Overloaded, "the host stayed too busy, or this caller asks too often: nothing was done, try again later");
    private static readonly Row Denied = new(ExitCodes.Denied, "the host does not allow it to you, or does not know who you are: nothing was done");
    private static readonly Row Interrupted = new(ExitCodes.Interrupted, "Ctrl-C, or nobody reads the output; the last line says what was begun");
    private static readonly Row NotAnswered = new(ExitCodes.Cancelled, "answered \"no\": nothing was done");

    private static readonly Row Refused = new(
        ExitCodes.Usage, "usage error, an unknown id, it makes no sense now, or no answer at the prompt and no --yes");

    /// <summary>Of commands that follow a deployment, and of all together.</summary>
    public static ImmutableArray<Row> All { get; } =
    [
        new(ExitCodes.Done, "succeeded, or done; with --detach: accepted"),
        new(ExitCodes.Failed, "failed (nodes are held or released), or succeeded with failures; other commands: see their help"),
        new(ExitCodes.Usage, "usage error, a site that cannot be planned or has nothing to run, an unknown id, a command that makes no sense now, "
            + "or no answer at the prompt and no --yes"),
        new(ExitCodes.Refused, "refused by the check, or undone before the first run: nothing changed"),
        new(ExitCodes.Reserved, "nodes are reserved (with --no-wait), or held by a stopped deployment"),
        new(ExitCodes.Cancelled, "cancelled, abandoned, or answered \"no\""),
        new(ExitCodes.RolledBack, "failed and rolled back"),
        new(ExitCodes.Stuck, "stuck: the rollback failed too"),
        new(ExitCodes.Unreachable, "the host, a broker or the server of the site cannot be reached, or a certificate is missing"),
        Overloaded,
        Denied,
        new(ExitCodes.TimedOut, "watch --timeout: the deployment is still running"),
        new(ExitCodes.Interrupted, "Ctrl-C, or nobody reads the output; the last line says whether the deployment is still running"),
    ];

    /// <summary>Of commands that show something whatever has become of it.</summary>
    private static readonly ImmutableArray<Row> Reading =
        [new(ExitCodes.Done, "shown, however the deployment ended; watch tells that by its exit code"), Misused, Unreachable, Overloaded, Denied, Interrupted];

    private static readonly ImmutableArray<Row> Verb =
    [
        new(ExitCodes.Done, "done, or it was so before"),
        new(ExitCodes.Failed, "its plan or history in the journal cannot be read"), Refused, Unreachable, Overloaded, Denied, Interrupted,
    ];

    private static readonly ImmutableArray<Row> AskedVerb = [.. Verb[..3], NotAnswered, .. Verb[3..]];

    private static readonly Row Unread = new(ExitCodes.Failed, "the journal cannot be read");
    private static readonly Row NoProgram = new(ExitCodes.Unreachable, "the host's program or the state folder cannot be used");

    private static readonly ImmutableArray<Row> Printing = [new(ExitCodes.Done, "printed"), new(ExitCodes.Usage, "usage error")];

    private static readonly ImmutableSortedDictionary<string, ImmutableArray<Row>> Own = new Dictionary<string, ImmutableArray<Row>>
    {
        ["plan"] =
        [
            new(ExitCodes.Done, "planned; with --against and --exit-code: the plans are the same"),
            new(ExitCodes.Failed, "with --against and --exit-code: the plans differ"),
            new(ExitCodes.Usage, "usage error, a site that cannot be planned, or an unknown id"),
            new(ExitCodes.Unreachable, "the host or the server of the site cannot be reached, or a certificate is missing"), Overloaded, Denied, Interrupted,
        ],
        ["list"] = [new(ExitCodes.Done, "listed, also if there is nothing to list"), Misused, Unreachable, Overloaded, Denied, Interrupted],
        ["show"] = Reading,
        ["web"] =
        [
            new(ExitCodes.Done, "closed by Ctrl-C"), new(ExitCodes.Usage, "usage error, or the host is on another machine"),
            new(ExitCodes.Unreachable, "the host cannot be reached, or closed the page"), Overloaded, Denied,
            new(ExitCodes.Interrupted, "nobody reads the output, or Ctrl-C before the page was open"),
        ],
        ["events"] = Reading,
        ["why"] = Reading,
        ["nodes"] =
        [
            new(ExitCodes.Done, "every node responded"), new(ExitCodes.Failed, "a node does not respond"),
            new(ExitCodes.Usage, "usage error, or a site that cannot be planned"),
            new(ExitCodes.Unreachable, "the host, a broker or the server of the site cannot be reached, or a certificate is missing"),
            Overloaded, Denied, Interrupted,
        ],
        ["pause"] = Verb,
        ["approve"] = Verb,
        ["cancel"] = AskedVerb,
        ["hold"] = Verb,
        ["abandon"] = AskedVerb,
        ["release"] =
        [
            Verb[0], new(ExitCodes.Failed, "its plan or history in the journal cannot be read; with --from-nodes: a node could not be enabled"),
            Refused, NotAnswered, .. Verb[3..],
        ],
        ["resume"] =
        [
            new(ExitCodes.Done, "resumed, or there is nothing to resume"), new(ExitCodes.Failed, "the plan or history of one cannot be read"), Refused,
            new(ExitCodes.Unreachable, "the host or a broker cannot be reached, or the fleet of one is not in the configuration"),
            Overloaded, Denied, Interrupted,
        ],
        ["recover"] =
            [new(ExitCodes.Done, "recovered, or there is nothing to recover"), Refused, NotAnswered, Unreachable, Overloaded, Denied, Interrupted],
        ["verify"] =
        [
            new(ExitCodes.Done, "nothing was found"), new(ExitCodes.Failed, "something was found, or the journal cannot be read"),
            new(ExitCodes.Usage, "usage error"), NoProgram, Interrupted,
        ],
        ["export"] =
        [
            new(ExitCodes.Done, "written to its last line"), Unread, Misused, NoProgram,
            new(ExitCodes.Interrupted, "Ctrl-C, or nobody reads the output: it is incomplete"),
        ],
        ["import"] =
        [
            new(ExitCodes.Done, "imported"), new(ExitCodes.Usage, "usage error, or the file cannot be imported"), Unreachable, Overloaded, Denied, Interrupted,
        ],
        ["prune"] =
        [
            new(ExitCodes.Done, "pruned, or there is nothing to prune"), new(ExitCodes.Failed, "a deployment could not be pruned"), Refused, NotAnswered,
            Unreachable, Overloaded, Denied, Interrupted,
        ],
        ["config"] =
        [
            new(ExitCodes.Done, "the fleet can be reached; with --ping: every node responds without a problem"),
            new(ExitCodes.Failed, "with --ping: a node does not respond or has a problem"),
            new(ExitCodes.Usage, "usage error, a configuration that is wrong, or a site that cannot be planned"),
            new(ExitCodes.Unreachable, "a check failed: the host or a broker cannot be reached, or a certificate is missing"),
            Overloaded, Denied, Interrupted,
        ],
        ["mapping"] =
        [
            new(ExitCodes.Done, "printed, or the file can be used"), new(ExitCodes.Usage, "usage error, or the file cannot be used"), Unreachable,
            Overloaded, Denied, Interrupted,
        ],
        ["audit"] = [new(ExitCodes.Done, "shown"), new(ExitCodes.Usage, "usage error"), Unreachable, Overloaded, Denied, Interrupted],
        ["token create"] =
        [
            new(ExitCodes.Done, "created"), new(ExitCodes.Usage, "usage error, or you have a token of this name that is still good"), Unreachable, Overloaded,
            Denied, Interrupted,
        ],
        ["token list"] = [new(ExitCodes.Done, "listed"), new(ExitCodes.Usage, "usage error"), Unreachable, Overloaded, Denied, Interrupted],
        ["token revoke"] =
        [
            new(ExitCodes.Done, "revoked"), new(ExitCodes.Usage, "usage error, or you have no such token"), Unreachable, Overloaded, Denied, Interrupted,
        ],
        ["policy show"] =
        [
            new(ExitCodes.Done, "shown"), new(ExitCodes.Failed, "the policy file as it is now cannot be used; shown is what is in force"),
            new(ExitCodes.Usage, "usage error"), Unreachable, Overloaded, Denied, Interrupted,
        ],
        ["policy test"] =
        [
            new(ExitCodes.Done, "it would be allowed"), new(ExitCodes.Failed, "it would be denied"), new(ExitCodes.Usage, "usage error"), Unreachable,
            Overloaded, Denied, Interrupted,
        ],
        ["policy check"] =
        [
            new(ExitCodes.Done, "the file can be used"), new(ExitCodes.Usage, "usage error, or the file cannot be used"), Unreachable, Overloaded,
            Denied, Interrupted,
        ],
        ["request-cert"] =
        [
            new(ExitCodes.Done, "the certificate is in place, or already was"),
            new(ExitCodes.Failed, "the CA gives none, or one that does not fit; the message says what to do"),
            new(ExitCodes.Usage, "usage error, a configuration that is wrong, or a name that a certificate cannot have"),
            new(ExitCodes.Unreachable, "the CA cannot be reached or trusted, or the host's program cannot be used"),
            new(ExitCodes.TimedOut, "requested, but not signed within --wait (with --no-wait: at once); the same command continues"),
            new(ExitCodes.Interrupted, "Ctrl-C, or nobody reads the output; the same command continues where it stopped"),
        ],
        ["completion"] = Printing,
        ["help"] = Printing,
        ["version"] = Printing,
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <param name="command">Its full name; empty for all codes.</param>
    public static ImmutableArray<Row> Of(string command) => Own.TryGetValue(command, out var rows) ? rows : All;
}
