using Orchestrator.Cli.Host;

namespace Orchestrator.Cli.Tests.Hosts;

/// <summary>How a person's browser is given the address of a page.</summary>
public sealed class BrowserTests : IDisposable
{
    private static readonly Uri Address = new("http://127.0.0.1:1/open?token=secret");
    private readonly CommandLine _line = new() { Terminal = true };

    public BrowserTests()
    {
        _line.Variables["DISPLAY"] = ":0";
        _line.Variables["PATH"] = $"relative:{_line.Folder}";
        var program = _line.File(
            "xdg-open",
            $"""
            #!/bin/sh
            (/usr/bin/stat -c '%a' "$1"; echo "$@"; /usr/bin/cat "$1") > {Told}.new
            /usr/bin/mv {Told}.new {Told}
            """);
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private string Told => Path.Combine(_line.Folder, "told");

    public void Dispose() => _line.Dispose();

    [Fact]
    public async Task It_is_told_by_a_file_of_the_person_and_by_no_argument()
    {
        string file;
        using (Browser.Open(Address, _line.Context()))
        {
            await Until.TrueAsync(() => File.Exists(Told), "the browser was started");
            var lines = await File.ReadAllLinesAsync(Told);
            (var mode, file, var page) = (lines[0], lines[1], lines[2]);
            Assert.Equal("600", mode);
            Assert.DoesNotContain("secret", file, StringComparison.Ordinal);
            Assert.Contains($"content=\"0; url={Address}\"", page, StringComparison.Ordinal);
        }
        Assert.False(File.Exists(file));
    }

    [Theory]
    [InlineData("DISPLAY")]
    [InlineData("PATH")]
    public void There_is_none_without_a_desktop(string variable)
    {
        _line.Variables[variable] = "";
        Assert.Null(Browser.Open(Address, _line.Context()));
    }

    [Fact]
    public void There_is_none_for_programs()
    {
        _line.Terminal = false;
        Assert.Null(Browser.Open(Address, _line.Context()));
    }
}
