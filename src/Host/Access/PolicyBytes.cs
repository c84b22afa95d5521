using System.Security.Cryptography;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Access;

/// <summary>What a policy file has in it, or why that is not to be used: whoever may write it could give themselves every right.</summary>
/// <param name="Digest">SHA-256 of the bytes, hexadecimal; null where there is a problem.</param>
/// <param name="Problem">One sentence.</param>
internal sealed record PolicyBytes(byte[] Bytes, string? Digest, string? Problem)
{
    private const uint RegularFile = 0x8000;
    private const uint Link = 0xA000;
    private const uint WritableByOthers = 0b000_010_010;
    private const uint Sticky = 0b001_000_000_000;

    /// <summary>One byte more than a policy may have, so that one that is too large is told from one that is not.</summary>
    private const int MostRead = (1 << 20) + 1;

    /// <summary>The same bytes, or the same problem.</summary>
    public bool IsSame(PolicyBytes? other) => other is not null && (Digest, Problem) == (other.Digest, other.Problem);

    /// <summary>Reads the file at this path as it is now.</summary>
    public static PolicyBytes Read(string path)
    {
        try
        {
            // What is no file is not opened: a pipe would never be read to its end.
            if (FileStatus.Of(path) is { Type: not RegularFile })
                return Unusable($"{path} is not a file");
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            // Of what was opened, whatever is at the path by now.
            var opened = FormattableString.Invariant($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}");
            if ((ProblemOf(path, FileStatus.Of(opened)) ?? ProblemOfFolders(path)) is { } problem)
                return Unusable(problem);
            var bytes = new byte[MostRead];
            var length = file.ReadAtLeast(bytes, MostRead, throwOnEndOfStream: false);
            bytes = bytes[..length];
            return new PolicyBytes(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)), null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Unusable($"{path} does not exist");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Unusable($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>Where the file lies, and where a link to it lies: who may write there may put another one in its place.</summary>
    private static string? ProblemOfFolders(string path)
    {
        var file = FileStatus.Of(path, follow: false) is { Type: Link } ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName : null;
        return ProblemOfFolder(Path.GetDirectoryName(path)) ?? ProblemOfFolder(Path.GetDirectoryName(file));
    }

    private static string? ProblemOfFolder(string? folder) =>
        folder is null || FileStatus.Of(folder) is not { } found ? null
        : (found.Mode & Sticky) != 0 && IsOurs(found) ? null
        : ProblemOf(folder, found);

    private static string? ProblemOf(string path, FileStatus? found) =>
        found is null ? null
        : !IsOurs(found)
            ? FormattableString.Invariant(
                $"{path} belongs to user id {found.Owner}, who could allow everything by it: give it to root or to the host's user ({SystemUsers.Own})")
        : (found.Mode & WritableByOthers) != 0
            ? $"others than the owner may write to {path} (mode {Convert.ToString(found.Mode, 8).PadLeft(4, '0')}), and so allow themselves everything: "
                + "close it with chmod go-w"
        : null;

    private static bool IsOurs(FileStatus found) => found.Owner == 0 || found.Owner == SystemUsers.Own;

    private static PolicyBytes Unusable(string problem) => new([], null, problem);
}
