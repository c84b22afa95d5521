using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Orchestrator.Puppet.Databases;

/// <summary>
/// Gives every distinct name within a scope a number, counted from 0 in the order of first mention, and keeps its bytes once: hundreds of thousands of rows
/// mention the same names again and again, and no string is made of them before somebody asks for it.
/// </summary>
internal sealed class ScopedNames
{
    private const int ChunkBytes = 1 << 20;
    private const int HeadBytes = 12;                               // number, scope and length stand before the bytes: one place to look at

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkBytes;
    private Place[] _places = new Place[256];                       // by number
    private Slot[] _slots = new Slot[1024];

    /// <summary>How many names there are.</summary>
    public int Count { get; private set; }

    /// <summary>The scope of a name.</summary>
    public int ScopeOf(int number) => HeadAt(_places[number])[1];

    /// <summary>The name's bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int number) => BytesAt(_places[number]);

    /// <summary>The name.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    /// <summary>The name's number, a new one where it was not known. Throws where a new name is no text.</summary>
    /// <param name="scope">Names of two scopes are never the same.</param>
    public int Add(int scope, ReadOnlySpan<byte> name)
    {
        var hash = HashIn(scope, name);
        return Find(scope, name, hash, out var slot) ?? AddAt(slot, hash, scope, name);
    }

    /// <summary>The name's number, or -1.</summary>
    public int Find(int scope, ReadOnlySpan<byte> name) => Find(scope, name, HashIn(scope, name), out _) ?? -1;

    /// <summary>Tells texts apart within this process; whoever sends names cannot know which of them meet.</summary>
    public static ulong Hash(ReadOnlySpan<byte> text)
    {
        var hash = Seed + (ulong)text.Length;
        for (; text.Length >= 8; text = text[8..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text));
        ulong rest = 0;
        foreach (var b in text)
            rest = (rest << 8) | b;
        return Mix(hash ^ rest);
    }

    private static ulong HashIn(int scope, ReadOnlySpan<byte> name) => Hash(name) + ((ulong)(uint)scope * 0x9E3779B97F4A7C15);

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0xD6E8FEB86659FD93 ^ Seed, out var low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }

    private int? Find(int scope, ReadOnlySpan<byte> name, ulong hash, out int slot)
    {
        var mask = _slots.Length - 1;
        for (slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            ref readonly var there = ref _slots[slot];
            if (!there.IsUsed)
                return null;
            if (there.Hash == hash && HeadAt(there.Place) is var head && head[1] == scope && BytesAt(there.Place).SequenceEqual(name))
                return head[0];
        }
    }

    private ReadOnlySpan<int> HeadAt(Place place) => MemoryMarshal.Cast<byte, int>(_chunks[place.Chunk].AsSpan(place.Start, HeadBytes));

    private ReadOnlySpan<byte> BytesAt(Place place) => _chunks[place.Chunk].AsSpan(place.Start + HeadBytes, HeadAt(place)[2]);

    private int AddAt(int slot, ulong hash, int scope, ReadOnlySpan<byte> name)
    {
        if (!Utf8.IsValid(name))
            throw new BadAnswerException("has a name that is not UTF-8 text");
        if (Count == _places.Length)
            Array.Resize(ref _places, 2 * Count);
        var bytes = (HeadBytes + name.Length + 3) & ~3;
        if (ChunkBytes - _used < bytes)
        {
            // A name that is longer than a chunk gets one of its own.
            _chunks.Add(new byte[Math.Max(ChunkBytes, bytes)]);
            _used = 0;
        }
        var place = new Place(_chunks.Count - 1, _used);
        var room = _chunks[^1].AsSpan(_used, bytes);
        ((ReadOnlySpan<int>)[Count, scope, name.Length]).CopyTo(MemoryMarshal.Cast<byte, int>(room));
        name.CopyTo(room[HeadBytes..]);
        _used += bytes;
        _places[Count] = place;
        _slots[slot] = new Slot(hash, place, IsUsed: true);
        Count++;
        if (2 * Count > _slots.Length)
            Grow();
        return Count - 1;
    }

    private void Grow()
    {
        var before = _slots;
        _slots = new Slot[4 * before.Length];
        var mask = _slots.Length - 1;
        foreach (var there in before)
        {
            if (!there.IsUsed)
                continue;
            var slot = (int)(there.Hash >> 32) & mask;
            while (_slots[slot].IsUsed)
                slot = (slot + 1) & mask;
            _slots[slot] = there;
        }
    }

    private readonly record struct Place(int Chunk, int Start);

    private readonly record struct Slot(ulong Hash, Place Place, bool IsUsed);
}
