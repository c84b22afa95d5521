using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Orchestrator.Puppet.Certificates;

/// <summary>
/// The files of a certificate. Each is written beside its place and renamed, so that it is whole whenever the process ends; a private key is never replaced.
/// </summary>
public sealed class CertificateFiles(CertificatePaths paths)
{
    /// <summary>As Puppet's agent.</summary>
    public const int KeyBits = 4096;

    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Public = Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode OwnFolder = Own | UnixFileMode.UserExecute;
    private const UnixFileMode PublicFolder = Public | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
    private const string Unfinished = ".new";

    public CertificatePaths Paths => paths;

    /// <exception cref="CertificateProblemException">A file is there and cannot be read, or is not what it should be.</exception>
    public CertificatesOnDisk Read()
    {
        using var key = ReadKey();
        var certificate = Text(paths.Certificate);
        var authorities = Text(paths.Authorities);
        return new CertificatesOnDisk(
            key is null ? null : [.. key.ExportSubjectPublicKeyInfo()],
            certificate is null ? null : IssuedCertificate.Read(certificate) ?? throw Unfit(paths.Certificate, "one certificate"),
            authorities is null ? null : Authorities.Read(authorities) ?? throw Unfit(paths.Authorities, "the certificates of an authority"));
    }

    /// <summary>The private key; null where there is none.</summary>
    /// <exception cref="CertificateProblemException">It is there and cannot be read.</exception>
    public RSA? ReadKey()
    {
        if (Text(paths.PrivateKey) is not { } pem)
            return null;
        var key = RSA.Create();
        try
        {
            key.ImportFromPem(pem);
            // The public part alone has no private exponent to give.
            _ = key.ExportPkcs8PrivateKey();
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            key.Dispose();
            // The library's own words may quote what it read.
            throw Unfit(paths.PrivateKey, "an RSA private key without a passphrase");
        }
    }

    /// <summary>Makes a private key, unless another process has made one meanwhile.</summary>
    /// <returns>Whether it is ours.</returns>
    public bool MakeKey(int bits = KeyBits)
    {
        using var key = RSA.Create(bits);
        return Doing(paths.PrivateKey, () =>
        {
            MakeFolder(paths.PrivateKey, OwnFolder);
            var unfinished = Write(paths.PrivateKey, key.ExportRSAPrivateKeyPem() + "\n", Own);
            try
            {
                // A hard link, which is never put over another file.
                File.Move(unfinished, paths.PrivateKey, overwrite: false);
                FlushFolder(paths.PrivateKey);
                return true;
            }
            catch (IOException) when (File.Exists(paths.PrivateKey))
            {
                File.Delete(unfinished);
                return false;
            }
        });
    }

    /// <summary>Puts the CA's certificates in place.</summary>
    public void Put(Authorities authorities) => Replace(paths.Authorities, authorities.Pem);

    /// <summary>Puts everything in place, what others are checked with first and the certificate last.</summary>
    public void Put(EnrollmentStep.Place all)
    {
        Replace(paths.RevocationLists, string.Concat(all.RevocationLists.Select(l => l.Pem)));
        Replace(paths.Authorities, all.Authorities.Pem);
        if (all.Certificate is { } certificate)
            Replace(paths.Certificate, certificate.Pem);
    }

    /// <summary>Removes what a process that was killed had begun to write.</summary>
    public void RemoveUnfinished()
    {
        foreach (var path in new[] { paths.PrivateKey, paths.Certificate, paths.Authorities, paths.RevocationLists })
        {
            var folder = Path.GetDirectoryName(path)!;
            if (Directory.Exists(folder))
            {
                foreach (var left in Directory.EnumerateFiles(folder, $"{Path.GetFileName(path)}.*{Unfinished}"))
                    Doing(left, () => File.Delete(left));
            }
        }
    }

    private static void Replace(string path, string text) => Doing(path, () =>
    {
        // Whoever watches the file sees only what changed.
        if (File.Exists(path) && File.ReadAllText(path) == text)
            return;
        MakeFolder(path, PublicFolder);
        // A link stays one: what it points to is replaced.
        var place = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        File.Move(Write(place, text, Public), place, overwrite: true);
        FlushFolder(place);
    });

    /// <summary>Writes a file beside its place that nobody else has, down to the disk.</summary>
    private static string Write(string path, string text, UnixFileMode mode)
    {
        var unfinished = $"{path}.{Convert.ToHexString(RandomNumberGenerator.GetBytes(8))}{Unfinished}";
        using var file = new FileStream(
            unfinished, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        file.Write(Encoding.ASCII.GetBytes(text));
        file.Flush(flushToDisk: true);
        return unfinished;
    }

    private static void MakeFolder(string path, UnixFileMode mode)
    {
        var folder = Path.GetDirectoryName(path)!;
        if (Directory.Exists(folder))
            return;
        MakeFolder(folder, PublicFolder);
        Directory.CreateDirectory(folder, mode);
    }

    private static string? Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CertificateProblemException($"{path} cannot be read by this user, or is not a file: give the user who runs orchestrator access", e);
        }
        catch (IOException e)
        {
            throw new CertificateProblemException($"{path} cannot be read: {e.Message.TrimEnd('.')}", e);
        }
    }

    private static CertificateProblemException Unfit(string path, string what) =>
        new($"{path} does not hold {what} in PEM: set the right file, or move it away to get a new one");

    private static void Doing(string path, Action work) => Doing(path, () =>
    {
        work();
        return true;
    });

    private static T Doing<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (UnauthorizedAccessException e)
        {
            throw new CertificateProblemException($"{path} cannot be written by this user: give the user who runs orchestrator access to its folder", e);
        }
        catch (IOException e)
        {
            throw new CertificateProblemException($"{path} cannot be written: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>The name of a file is in its folder: without this it may be gone after a power cut. Some file systems cannot, and need not.</summary>
    private static void FlushFolder(string path)
    {
        var folder = Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)! + '\0'), 0);
        if (folder < 0)
            return;
        _ = Flush(folder);
        _ = Close(folder);
    }

    [DllImport("libc", EntryPoint = "open"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Flush(int descriptor);

    [DllImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
