using System.Buffers;

namespace Orchestrator.Choria.Protocol;

/// <summary>Bytes in a rented array: a message of three nested texts is opened without leaving garbage. Its owner disposes it once.</summary>
internal struct PooledBytes : IDisposable
{
    private byte[]? _array;

    private PooledBytes(byte[] array) => _array = array;

    /// <summary>How many bytes are in use; the rented array is larger.</summary>
    public int Length { get; set; }

    public readonly ReadOnlyMemory<byte> Memory => new(_array, 0, Length);
    public readonly ReadOnlySpan<byte> Span => new(_array, 0, Length);

    /// <summary>All of the array, to be written to.</summary>
    public readonly Span<byte> Whole => _array;

    public readonly bool IsRented => _array is not null;

    public static PooledBytes Rent(int capacity) => new(ArrayPool<byte>.Shared.Rent(Math.Max(1, capacity)));

    public void Dispose()
    {
        if (_array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
