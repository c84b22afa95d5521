using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orchestrator.Host.Journal;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>
/// The host's program as a reader of a journal, for a command that must work whether a host is running or cannot even start. It takes no lock, opens
/// no socket and writes nothing but its answer.
/// </summary>
public static class JournalTool
{
    /// <summary>Answered: what was asked for is on standard output.</summary>
    public const int Answered = 0;

    /// <summary>Refused: standard error has an <see cref="ApiProblem"/>.</summary>
    public const int Refused = 1;

    /// <param name="arguments"><c>verify FILE</c>, <c>verify-copy FILE</c>, or <c>export FILE ID</c>.</param>
    public static int Run(string[] arguments, Stream output, Stream errors)
    {
        try
        {
            switch (arguments)
            {
                case ["verify", var file]:
                    JsonSerializer.Serialize(output, JournalVerification.Of(file), MessagesJson.Plain.JournalReview);
                    break;
                case ["verify-copy", var file]:
                    JsonSerializer.Serialize(output, JournalVerification.Of(file, isCopy: true), MessagesJson.Plain.JournalReview);
                    break;
                case ["export", var file, var id]:
                    using (var journal = JournalReader.Open(file))
                    {
                        var export = new HistoryExport(journal);
                        export.Write(Find(export.Ids, id), output);
                        if (journal.IsOvertaken)
                            throw new ApiException(Problems.Unavailable("the journal changed while it was read: try again", ProblemCodes.JournalUnavailable));
                    }
                    break;
                default:
                    throw new ApiException("the host's program takes no such arguments", null);
            }
            output.Flush();
            return Answered;
        }
        catch (ApiException e)
        {
            return Refuse(e.Problem, errors);
        }
        catch (JournalUnreadableException e)
        {
            return Refuse(Problems.Unavailable(e.Message, ProblemCodes.JournalUnreadable), errors);
        }
        catch (SqliteException e)
        {
            return Refuse(Problems.Internal(JournalFile.Sentence(e, arguments[1]), ProblemCodes.JournalUnreadable), errors);
        }
    }

    private static DeploymentId Find(IReadOnlyCollection<string> ids, string idOrPrefix)
    {
        if (ids.Contains(idOrPrefix))
            return new DeploymentId(idOrPrefix);
        var found = ids.Where(id => id.StartsWith(idOrPrefix, StringComparison.Ordinal)).ToList();
        return found switch
        {
            [var one] when idOrPrefix.Length > 0 => new DeploymentId(one),
            [] => throw new ApiException(Problems.NotFound($"no deployment matches {Phrases.Quote(idOrPrefix)}", ProblemCodes.DeploymentNotFound)),
            _ => throw new ApiException(Problems.Conflict(
                $"{Phrases.Quote(idOrPrefix)} is ambiguous: it matches {Phrases.Some(found)}", ProblemCodes.DeploymentAmbiguous)),
        };
    }

    internal static int Refuse(ApiProblem problem, Stream errors)
    {
        JsonSerializer.Serialize(errors, problem, MessagesJson.Plain.ApiProblem);
        errors.Flush();
        return Refused;
    }
}
