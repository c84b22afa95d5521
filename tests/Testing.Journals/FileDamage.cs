using System.Globalization;

namespace Orchestrator.Testing.Journals;

/// <summary>Something that befell the files of a journal between two hosts.</summary>
/// <param name="Kind">What, for a sum.</param>
/// <param name="Where">Where exactly; empty where the kind says it.</param>
/// <param name="Done">The files after it.</param>
/// <param name="IsMarkACopy">Whether the mark is another file now than the one that a host made.</param>
public sealed record FileDamage(string Kind, string Where, Func<JournalFiles> Done, bool IsMarkACopy = false)
{
    private static readonly string[] Names = ["database", "log", "mark"];

    public override string ToString() => Where.Length == 0 ? Kind : $"{Kind} {Where}";

    /// <summary>Every kind, at every page of the database and every frame of the log, or at some of them.</summary>
    /// <param name="now">The files as a host left them.</param>
    /// <param name="older">As they were before, oldest first.</param>
    /// <param name="other">Those of another journal.</param>
    /// <param name="random">Places between the boundaries.</param>
    /// <param name="every">1 for every boundary, 2 for every other.</param>
    public static IEnumerable<FileDamage> All(JournalFiles now, IReadOnlyList<JournalFiles> older, JournalFiles other, Random random, int every = 1)
    {
        foreach (var damage in AtBoundaries(now, random).Where((_, i) => i % every == 0))
            yield return damage;
        foreach (var set in Sets(3))
        {
            // Where nothing is left nothing can tell of it: a state folder that is lost is another promise.
            if (!IsNothing(With(now, set, _ => null)))
                yield return new FileDamage($"{Listed(set)} gone", "", () => With(now, set, _ => null));
            yield return new FileDamage($"{Listed(set)} emptied", "", () => With(now, set, f => f is null ? null : []));
            yield return new FileDamage($"{Listed(set)} of another journal", "", () => With(now, set, other), set.Contains(2));
            for (var i = 0; i < older.Count; i++)
            {
                var (age, copy) = (older.Count - i, older[i]);
                if (Differ(now, copy, set))
                {
                    yield return new FileDamage(
                        $"{Listed(set)} older", string.Create(CultureInfo.InvariantCulture, $"by {age}"), () => With(now, set, copy), set.Contains(2));
                }
            }
        }
        // In place, as "cp" does it. All three at once is not recognized: see docs/trust.md.
        for (var i = 0; i < older.Count; i++)
        {
            var copy = older[i];
            yield return new FileDamage(
                "mark older, in place", string.Create(CultureInfo.InvariantCulture, $"by {older.Count - i}"), () => With(now, [2], copy));
        }
        yield return new FileDamage("database and log swapped", "", () => now with { Database = now.Log, Log = now.Database });
        yield return new FileDamage("log and mark swapped", "", () => now with { Log = now.Mark, Mark = now.Log });
        yield return new FileDamage("database and mark swapped", "", () => now with { Database = now.Mark, Mark = now.Database });
    }

    private static IEnumerable<FileDamage> AtBoundaries(JournalFiles now, Random random)
    {
        (int, IEnumerable<int>)[] files = [(0, now.Pages), (1, now.Log is null ? [] : [0, .. now.Frames]), (2, now.Mark is null ? [] : [0, 256])];
        foreach (var (file, boundaries) in files)
        {
            int[] places = [.. boundaries];
            for (var i = 0; i < places.Length; i++)
            {
                var (at, end) = (places[i], i + 1 < places.Length ? places[i + 1] : Get(now, file)!.Length);
                if (at >= end)
                    continue;
                var unit = file switch { 0 => "page", 1 => "frame", _ => "slot" };
                if (at > 0)
                    yield return Cut(file, at, $"at the end of a {unit}");
                if (end - at > 1)
                    yield return Cut(file, random.Next(at + 1, end), $"within a {unit}");
                yield return Flip(file, random.Next(at, Math.Min(end, at + 32)), random.Next(8), $"at the head of a {unit}");
                yield return Flip(file, random.Next(at, end), random.Next(8), $"in a {unit}");
            }
        }

        FileDamage Cut(int file, int at, string where) => new(
            $"{Names[file]} cut {where}", string.Create(CultureInfo.InvariantCulture, $"(byte {at})"), () => With(now, [file], f => f![..at]));

        FileDamage Flip(int file, int at, int bit, string where) => new(
            $"{Names[file]} with a flipped bit {where}", string.Create(CultureInfo.InvariantCulture, $"(byte {at}, bit {bit})"), () => With(now, [file], f =>
            {
                byte[] flipped = [.. f!];
                flipped[at] ^= (byte)(1 << bit);
                return flipped;
            }));
    }

    /// <summary>All sets of files but the empty one.</summary>
    private static IEnumerable<int[]> Sets(int count) =>
        Enumerable.Range(1, (1 << count) - 1).Select(bits => Enumerable.Range(0, count).Where(i => (bits & 1 << i) != 0).ToArray());

    private static string Listed(int[] set) => string.Join(", ", set.Select(i => Names[i]));

    private static bool IsNothing(JournalFiles files) => (files.Database ?? files.Log ?? files.Mark) is null;

    private static bool Differ(JournalFiles one, JournalFiles other, int[] set) =>
        set.Any(i => !(Get(one, i) ?? []).AsSpan().SequenceEqual(Get(other, i)));

    private static byte[]? Get(JournalFiles files, int which) => which switch { 0 => files.Database, 1 => files.Log, _ => files.Mark };

    private static JournalFiles With(JournalFiles files, int[] set, JournalFiles from) => Each(files, (f, i) => set.Contains(i) ? Get(from, i) : f);

    private static JournalFiles With(JournalFiles files, int[] set, Func<byte[]?, byte[]?> change) => Each(files, (f, i) => set.Contains(i) ? change(f) : f);

    private static JournalFiles Each(JournalFiles files, Func<byte[]?, int, byte[]?> of) => new(of(files.Database, 0), of(files.Log, 1), of(files.Mark, 2));
}
