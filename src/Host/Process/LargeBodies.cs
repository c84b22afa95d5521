using System.Buffers;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Process;

/// <summary>
/// Receives what is large into a file, so that whoever sends slowly takes no memory and keeps nobody waiting; then one large request at a time is worked on.
/// When it is done its memory goes back, which the runtime would keep for the next; what its pools keep follows a minute after the last one.
/// </summary>
/// <param name="free">How many bytes are free on the disk of the state folder; null where nobody can tell.</param>
public sealed class LargeBodies(StateFolder folder, TimeProvider time, Func<long?> free) : IDisposable
{
    /// <summary>A body of more bytes is worked on alone.</summary>
    private const long Large = 16 << 20;

    /// <summary>So many bytes may be in memory while a body arrives.</summary>
    public const int MostInMemory = 1 << 20;

    private const int Piece = 64 << 10;

    /// <summary>So much of the disk is left to the journal.</summary>
    private const long KeptFree = 256 << 20;

    private const int MostArriving = 64;
    private const int MostArrivingOfOne = 8;
    private const int MostWaiting = 50;

    /// <summary>The runtime's pools let go of an array that lay unused for a minute, in the first full collection after it: an idle host makes none.</summary>
    private static readonly TimeSpan KeptByPools = TimeSpan.FromSeconds(61);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan BetweenCollections = TimeSpan.FromSeconds(5);
    private static readonly Lock Collecting = new();
    private static long _collected;

    private readonly ITimer _later = time.CreateTimer(_ => Collect(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private readonly BoundedPlaces _arriving = new("receive another large request", MostArriving, MostWaiting, Patience, time, MostArrivingOfOne);
    private readonly BoundedPlaces _places = new("read another large site", 1, MostWaiting, Patience, time);

    /// <summary>Receives a body whole: what is returned is the same from its beginning.</summary>
    /// <exception cref="OverloadedException">Too many are received at once, or the disk has no room for it.</exception>
    /// <exception cref="LimitReachedException">Too many of the caller wait.</exception>
    public async Task<Stream> ReceiveAsync(Stream body, CancellationToken cancellationToken)
    {
        using var place = await _arriving.EnterAsync(cancellationToken);
        Stream received = new MemoryStream();
        var piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            while (await body.ReadAsync(piece.AsMemory(0, Piece), cancellationToken) is > 0 and var count)
            {
                if (received is MemoryStream memory && memory.Length + count > MostInMemory)
                {
                    received = NewFile();
                    memory.WriteTo(received);
                }
                if (received is FileStream && free() < KeptFree)
                    throw new OverloadedException($"the disk of {folder.Path} has no room for a large request: free some space");
                await received.WriteAsync(piece.AsMemory(0, count), cancellationToken);
            }
            received.Position = 0;
            return received;
        }
        catch
        {
            await received.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }
    }

    /// <summary>Waits for the turn of a body of so many bytes; dispose what is returned once it has been worked on. Null where it needs none.</summary>
    /// <exception cref="OverloadedException">Those before took too long.</exception>
    /// <exception cref="LimitReachedException">Too many of the caller wait.</exception>
    public async ValueTask<IDisposable?> EnterAsync(long bytes, CancellationToken cancellationToken) =>
        bytes <= Large ? null : new Turn(await _places.EnterAsync(cancellationToken), _later);

    public void Dispose() => _later.Dispose();

    /// <summary>One without a name: it is gone with whoever has it open, however that ends.</summary>
    private FileStream NewFile()
    {
        var path = Path.Combine(folder.Path, $"body-{Guid.NewGuid():N}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.Asynchronous,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
    }

    /// <summary>Collects all garbage, unless that was done in the last few seconds: it stops every thread.</summary>
    public static void GiveBack()
    {
        lock (Collecting)
        {
            if (TimeProvider.System.GetElapsedTime(_collected) < BetweenCollections)
                return;
            Collect();
            _collected = TimeProvider.System.GetTimestamp();
        }
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    private sealed class Turn(IDisposable place, ITimer later) : IDisposable
    {
        private int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 1)
                return;
            // The request's own objects are still on this stack: on another one nothing holds them.
            Task.Run(() =>
            {
                Collect();
                later.Change(KeptByPools, Timeout.InfiniteTimeSpan);
                place.Dispose();
            });
        }
    }
}
