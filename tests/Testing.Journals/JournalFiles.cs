using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace Orchestrator.Testing.Journals;

/// <summary>The files of a journal as they lie between two hosts; null for one that is not there.</summary>
/// <param name="Database">What was moved into it by checkpoints.</param>
/// <param name="Log">SQLite's write-ahead log.</param>
/// <param name="Mark">How far both reach.</param>
public sealed record JournalFiles(byte[]? Database, byte[]? Log, byte[]? Mark)
{
    private const int LogHeader = 32;
    private const int FrameHeader = 24;

    /// <summary>Where the pages of the database begin.</summary>
    public IEnumerable<int> Pages => Boundaries(Database, 0, PageSize);

    /// <summary>Where the frames of the log begin: each holds one page, and its own checksum.</summary>
    public IEnumerable<int> Frames => Boundaries(Log, LogHeader, FrameHeader + PageSize);

    private int PageSize =>
        Database is { Length: >= 18 } database && BinaryPrimitives.ReadUInt16BigEndian(database.AsSpan(16)) is var size and > 1 ? size : 4096;

    /// <summary>As <c>kill -9</c> would leave them now, beside a host that is writing.</summary>
    public static JournalFiles AtThisMoment(string journal)
    {
        using var connection = new SqliteConnection($"Data Source={journal};Pooling=False;Default Timeout=30");
        connection.Open();
        using var command = connection.CreateCommand();
        // Nobody commits meanwhile, and without a commit the log is not begun anew: what a checkpoint is writing into the database is in the log still.
        command.CommandText = "BEGIN IMMEDIATE";
        command.ExecuteNonQuery();
        return Of(journal);
    }

    /// <summary>As they lie there, where nobody writes.</summary>
    public static JournalFiles Of(string journal) => new(Read(journal), Read($"{journal}-wal"), Read(MarkOf(journal)));

    public static string MarkOf(string journal) => Path.ChangeExtension(journal, ".mark");

    private static byte[]? Read(string file) => File.Exists(file) ? File.ReadAllBytes(file) : null;

    private static IEnumerable<int> Boundaries(byte[]? file, int first, int size)
    {
        for (var at = first; at < file?.Length; at += size)
            yield return at;
    }
}

/// <summary>A folder in which a journal's files are put again and again.</summary>
public sealed class JournalPlace(string journal)
{
    private readonly string _mark = JournalFiles.MarkOf(journal);

    private string Kept => $"{_mark}.original";

    /// <summary>Puts files in the place of those that are there, of which no host may have any open.</summary>
    /// <param name="isMarkACopy">Whether the mark is another file than the one that the first host made.</param>
    public void Put(JournalFiles files, bool isMarkACopy = false)
    {
        if (!File.Exists(Kept))
            File.Move(_mark, Kept);
        File.Delete(_mark);
        // Of one that is written anew the time of its creation would tell.
        if (files.Mark is not null && !isMarkACopy)
            File.Move(Kept, _mark);
        Write(_mark, files.Mark);
        // New files: a connection that a host closes late has the old ones, and would write into these what it still has in its log.
        File.Delete(journal);
        File.Delete($"{journal}-wal");
        Write(journal, files.Database);
        Write($"{journal}-wal", files.Log);
        File.Delete($"{journal}-shm");
    }

    private static void Write(string path, byte[]? bytes)
    {
        if (bytes is null)
        {
            File.Delete(path);
            return;
        }
        using var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        file.SetLength(bytes.Length);
        file.Write(bytes);
    }
}
