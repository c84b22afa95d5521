using System.Security.Cryptography;
using Orchestrator.Puppet.Certificates;

namespace Orchestrator.Puppet.Tests.Certificates;

public sealed class CertificateFilesTests : IDisposable
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int FewBits = 1024;
    private readonly string _root = Directory.CreateTempSubdirectory("o").FullName;
    private readonly CertificateFiles _files;

    public CertificateFilesTests() => _files = new CertificateFiles(new CertificatePaths(
        Path.Combine(_root, "ssl", "private_keys", "jane.pem"), Path.Combine(_root, "ssl", "certs", "jane.pem"),
        Path.Combine(_root, "ssl", "certs", "ca.pem"), Path.Combine(_root, "ssl", "crl.pem")));

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void A_key_is_its_owners_alone_and_so_is_its_folder()
    {
        Assert.True(_files.MakeKey(FewBits));

        Assert.Equal(Own, File.GetUnixFileMode(_files.Paths.PrivateKey));
        Assert.Equal(Own | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(_files.Paths.PrivateKey)!));
        Assert.Equal([_files.Paths.PrivateKey], All());
        using var key = _files.ReadKey();
        Assert.Equal(FewBits, key!.KeySize);
    }

    [Fact]
    public void A_key_that_is_there_is_never_overwritten()
    {
        _files.MakeKey(FewBits);
        var first = File.ReadAllText(_files.Paths.PrivateKey);

        Assert.False(_files.MakeKey(FewBits));

        Assert.Equal(first, File.ReadAllText(_files.Paths.PrivateKey));
        Assert.Equal([_files.Paths.PrivateKey], All());
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n")]
    public void A_file_in_the_place_of_the_key_that_is_none_is_left_as_it_is_and_not_quoted(string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_files.Paths.PrivateKey)!);
        File.WriteAllText(_files.Paths.PrivateKey, text);

        var problem = Assert.Throws<CertificateProblemException>(() => _files.Read()).Message;

        Assert.Equal(
            $"{_files.Paths.PrivateKey} does not hold an RSA private key without a passphrase in PEM: set the right file, or move it away to get a new one",
            problem);
        Assert.Equal(text, File.ReadAllText(_files.Paths.PrivateKey));
    }

    [Fact]
    public void A_public_key_is_not_taken_for_a_private_one()
    {
        using var key = RSA.Create(FewBits);
        Directory.CreateDirectory(Path.GetDirectoryName(_files.Paths.PrivateKey)!);
        File.WriteAllText(_files.Paths.PrivateKey, key.ExportRSAPublicKeyPem());

        Assert.Throws<CertificateProblemException>(() => _files.Read());
    }

    [Fact]
    public void What_a_killed_process_had_begun_to_write_is_removed_and_nothing_else()
    {
        _files.MakeKey(FewBits);
        var begun = _files.Paths.PrivateKey + ".0123456789ABCDEF.new";
        File.WriteAllText(begun, "half a k");
        var others = Path.Combine(Path.GetDirectoryName(begun)!, "john.pem.0123456789ABCDEF.new");
        File.WriteAllText(others, "");

        _files.RemoveUnfinished();

        Assert.Equal([_files.Paths.PrivateKey, others], All());
    }

    [Fact]
    public void Where_nothing_may_be_written_the_file_is_named()
    {
        // Not even root writes below a file.
        File.WriteAllText(Path.Combine(_root, "ssl"), "");

        var problem = Assert.Throws<CertificateProblemException>(() => _files.MakeKey(FewBits)).Message;

        Assert.StartsWith($"{_files.Paths.PrivateKey} cannot be written", problem, StringComparison.Ordinal);
    }

    private IEnumerable<string> All() => Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal);
}
