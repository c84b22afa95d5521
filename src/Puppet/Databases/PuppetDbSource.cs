using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Orchestrator.Domain.Sites;
using Orchestrator.Messages;
using Orchestrator.Messages.Plans;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Puppet.Databases;

/// <summary>What site PuppetDB is asked for.</summary>
/// <param name="Query">Only nodes that this query in PQL gives; null for all that are active.</param>
/// <param name="Mapping">The bytes of a mapping file, and what to call it; null for the default mapping.</param>
/// <param name="CertName">The caller's, to be named where it is not allowed.</param>
/// <param name="Deadline">For all answers together.</param>
public sealed record DatabaseQuestion(string Environment, string? Query, (byte[] File, string Name)? Mapping, string CertName, TimeSpan Deadline);

/// <summary>
/// A site from PuppetDB: the active nodes of an environment, each after those whose exported resources it has collected. All that is exported and collected is
/// one statement, so that it is told as of one moment, and is read as it comes.
/// </summary>
public static class PuppetDbSource
{
    /// <summary>No answer is read beyond so many bytes: 20,000 nodes that export 10 resources and collect 30 take 170 MB.</summary>
    public const long LargestAnswer = 1L << 30;

    private const string QueryPath = "/pdb/query/v4";
    private const string StatusPath = "/status/v1/services/puppetdb-status";

    /// <summary>So many titles are asked for in one query: longer lists take it seconds each.</summary>
    private const int MostTitles = 1000;

    /// <summary>Asks, and gives what makes the site of the answers. That takes time, and belongs on a thread of its own.</summary>
    /// <param name="largest">No answer is read beyond so many bytes.</param>
    /// <exception cref="PuppetUnreachableException">It cannot be asked, or does not answer.</exception>
    public static async Task<Func<SiteReading>> AskAsync(
        PuppetConnection database, DatabaseQuestion question, TimeProvider time, CancellationToken cancellationToken, long largest = LargestAnswer)
    {
        var mapping = Mapping.Default;
        if (question.Mapping is { } given)
        {
            var (read, problems) = Mapping.Read(given.File, given.Name);
            if (read is null)
                return Refused(MappingFile.ProblemsOf(problems));
            mapping = read;
        }
        try
        {
            var asking = new Asking(database, question.CertName, largest, question.Deadline, time, cancellationToken);
            return await AskAsync(asking, question.Environment, question.Query, mapping);
        }
        catch (RefusedException e)
        {
            return Refused([e.Problem]);
        }
    }

    private static async Task<Func<SiteReading>> AskAsync(Asking asking, string environment, string? query, Mapping mapping)
    {
        var queue = await asking.QueueAsync();
        var counts = await asking.RowsAsync(DatabaseQueries.Counts(mapping), new TypeCounts());
        if (counts.TooMany(mapping) is { } tooMany)
            return Refused([tooMany]);
        var nodes = await asking.RowsAsync(DatabaseQueries.Nodes, new NodeRows());
        var wanted = query is null ? null : (await asking.RowsAsync(DatabaseQueries.Of(query), new CertNames(), "the query")).Names;
        var chosen = new ChosenNodes(nodes.Nodes, environment, mapping, wanted);
        if (chosen.Problem() is { } problem)
            return Refused([problem]);
        var classes = mapping.Classes.Any() ? (await asking.RowsAsync(DatabaseQueries.Classes(mapping.Classes), new ClassRows())).Classes : [];
        var rows = await asking.RowsAsync(DatabaseQueries.Resources(mapping), new CatalogRows(mapping.Ignores));
        var derivation = new Derivation(rows, chosen, mapping);
        ResourceParameters? parameters = null;
        if (derivation.UndecidedTitles is { Count: > 0 and <= MostTitles } titles)
            parameters = await asking.RowsAsync(DatabaseQueries.Parameters(mapping, titles), new ResourceParameters(rows));
        ImmutableArray<PlanWarning> more = queue > 0 ? [Queue(queue)] : [];
        return () => derivation.Build(environment, parameters, classes, counts, more);
    }

    private static PlanWarning Queue(long depth) => new(
        PlanWarningKinds.QueueNotEmpty,
        $"PuppetDB has not stored yet {Phrases.Count(depth, "command")} of what nodes sent, so that the order may lack the newest catalogs: plan again once "
        + "its queue is empty");

    private static Func<SiteReading> Refused(ImmutableArray<SiteProblem> problems)
    {
        var reading = new SiteReading(null, problems);
        return () => reading;
    }

    /// <summary>One round of questions, with one deadline for all.</summary>
    private sealed class Asking(
        PuppetConnection database, string certName, long largest, TimeSpan deadline, TimeProvider time, CancellationToken cancellationToken)
    {
        private const long LargestStatus = 1 << 20;
        private readonly long _begun = time.GetTimestamp();

        private TimeSpan Left => deadline - time.GetElapsedTime(_begun) is { Ticks: > 0 } left ? left : TimeSpan.FromMilliseconds(1);

        /// <param name="what">Whose rows they are, in a sentence about them.</param>
        public Task<TRows> RowsAsync<TRows>(string body, TRows rows, string? what = null) where TRows : class, IRows => database.StreamAsync(
            HttpMethod.Post, QueryPath, largest, Left,
            async (answer, stream, stop) =>
            {
                try
                {
                    await AnswerReader.ReadAsync(stream, rows, stop);
                    return rows;
                }
                catch (BadAnswerException e)
                {
                    var subject = what is null ? $"the answer of {answer.Server}" : $"what {answer.Server} answers to {what}";
                    throw new RefusedException($"{subject} {e.Message}", e);
                }
            },
            answer => throw new RefusedException(Refusal(answer, certName, what)),
            cancellationToken,
            () => new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")));

        /// <summary>How much of what nodes sent it has not stored yet; 0 where it does not say.</summary>
        public async Task<long> QueueAsync()
        {
            var answer = await database.AskAsync(HttpMethod.Get, StatusPath, LargestStatus, Left, cancellationToken);
            if (answer.Status == 503)
                throw new RefusedException(Refusal(answer, certName, null));
            try
            {
                using var json = JsonDocument.Parse(answer.Body);
                return json.RootElement.TryGetProperty("status", out var status) && status.TryGetProperty("queue_depth", out var depth) ? depth.GetInt64() : 0;
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
            {
                // The status is not for all to see; the queries tell what is wrong with the rest.
                return 0;
            }
        }
    }

    /// <summary>What an answer means that has no rows.</summary>
    internal static SiteProblem Refusal(PuppetAnswer answer, string certName, string? what) => answer.Status switch
    {
        400 when what is not null => ServerAnswers.Problem($"{answer.Server} does not understand {what}: {answer.Text.Split('\n')[0].Trim().TrimEnd(':')}") with
        {
            Advice = answer.Text.Split('\n').Skip(1).Select(l => l.TrimEnd()).Where(l => l.Length > 0).ToArray() is { Length: > 0 } lines ? lines : null,
        },
        400 => ServerAnswers.Problem($"{answer.Server} does not understand what it is asked: {answer.Words}; PuppetDB 5 and later do, check its version"),
        403 => ServerAnswers.Problem($"{answer.Server} answers 403: {answer.Words}; add {certName} to the file that certificate-allowlist names in its "
            + "configuration (in older versions certificate-whitelist), and restart it"),
        404 => ServerAnswers.Problem($"{answer.Server} answers 404: it is not PuppetDB, or too old a version; check address and port"),
        503 => ServerAnswers.Problem($"{answer.Server} is starting or in maintenance (503): {answer.Words}"),
        _ when answer.Redirect is { } redirect => ServerAnswers.Problem(redirect),
        _ => ServerAnswers.Problem($"{answer.Server} answers {answer.Status}: {answer.Words}"),
    };

    /// <summary>The site cannot be told: ends the asking where it stands.</summary>
    private sealed class RefusedException(SiteProblem problem, Exception? inner = null) : Exception(problem.Message, inner)
    {
        public RefusedException(string message, Exception inner) : this(ServerAnswers.Problem(message), inner)
        {
        }

        public SiteProblem Problem => problem;
    }
}
