using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace Orchestrator.Puppet.Databases;

/// <summary>
/// Gives every distinct name within a scope a number, counted from 0 in the order of first mention, and keeps its bytes once: hundreds of thousands of rows
/// mention the same names again and again, and no string is made of them before somebody asks for it.
/// </summary>
internal sealed class ScopedNames
{
    private const int ChunkBytes = 1 << 16;

    private static readonly ulong Seed = (ulong)Random.Shared.NextInt64() | 1;

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkBytes;
    private Entry[] _entries = new Entry[256];
    private int[] _slots = new int[1024];           // numbers from 1; 0: free

    /// <summary>How many names there are.</summary>
    public int Count { get; private set; }

    /// <summary>The scope of a name.</summary>
    public int ScopeOf(int number) => _entries[number].Scope;

    /// <summary>The name's bytes.</summary>
    public ReadOnlySpan<byte> Bytes(int number)
    {
        ref readonly var entry = ref _entries[number];
        return _chunks[entry.Chunk].AsSpan(entry.Start, entry.Length);
    }

    /// <summary>The name.</summary>
    public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

    /// <summary>The name's number, a new one where it was not known. Throws where a new name is no text.</summary>
    /// <param name="scope">Names of two scopes are never the same.</param>
    public int Add(int scope, ReadOnlySpan<byte> name)
    {
        var hash = Hash(name) + ((ulong)(uint)scope * 0x9E3779B97F4A7C15);
        var mask = _slots.Length - 1;
        for (var slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            var number = _slots[slot] - 1;
            if (number < 0)
                return AddAt(slot, hash, scope, name);
            ref readonly var entry = ref _entries[number];
            if (entry.Hash == (uint)hash && entry.Scope == scope && _chunks[entry.Chunk].AsSpan(entry.Start, entry.Length).SequenceEqual(name))
                return number;
        }
    }

    /// <summary>The name's number, or -1.</summary>
    public int Find(int scope, ReadOnlySpan<byte> name)
    {
        var hash = Hash(name) + ((ulong)(uint)scope * 0x9E3779B97F4A7C15);
        var mask = _slots.Length - 1;
        for (var slot = (int)(hash >> 32) & mask; ; slot = (slot + 1) & mask)
        {
            var number = _slots[slot] - 1;
            if (number < 0 || (_entries[number].Hash == (uint)hash && _entries[number].Scope == scope && Bytes(number).SequenceEqual(name)))
                return number;
        }
    }

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

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, 0xD6E8FEB86659FD93 ^ Seed, out var low);
        return BitOperations.RotateLeft(high, 23) ^ low;
    }

    private int AddAt(int slot, ulong hash, int scope, ReadOnlySpan<byte> name)
    {
        if (!Utf8.IsValid(name))
            throw new BadAnswerException("has a name that is not UTF-8 text");
        if (Count == _entries.Length)
            Array.Resize(ref _entries, 2 * Count);
        if (ChunkBytes - _used < name.Length)
        {
            // A name that is longer than a chunk gets one of its own.
            _chunks.Add(new byte[Math.Max(ChunkBytes, name.Length)]);
            _used = 0;
        }
        name.CopyTo(_chunks[^1].AsSpan(_used));
        _entries[Count] = new Entry((uint)hash, (uint)(hash >> 32), scope, _chunks.Count - 1, _used, name.Length);
        _used += name.Length;
        _slots[slot] = ++Count;
        if (2 * Count > _slots.Length)
            Grow();
        return Count - 1;
    }

    private void Grow()
    {
        _slots = new int[4 * _slots.Length];
        var mask = _slots.Length - 1;
        for (var number = 0; number < Count; number++)
        {
            var slot = (int)_entries[number].Place & mask;
            while (_slots[slot] != 0)
                slot = (slot + 1) & mask;
            _slots[slot] = number + 1;
        }
    }

    private readonly record struct Entry(uint Hash, uint Place, int Scope, int Chunk, int Start, int Length);
}
