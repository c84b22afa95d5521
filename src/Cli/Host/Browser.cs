using System.Text.Encodings.Web;

namespace Orchestrator.Cli.Host;

/// <summary>
/// The person's browser, where there is a desktop. It is given a file of theirs that leads to the address: everybody on the machine can read the
/// arguments of a program, and the address lets in whoever comes first.
/// </summary>
internal sealed class Browser : IDisposable
{
    private readonly string _file;

    private Browser(string file) => _file = file;

    /// <summary>Opens an address; null where there is no desktop, or it does not work. Dispose what is returned to remove the file.</summary>
    public static Browser? Open(Uri address, CommandContext context)
    {
        var hasDesktop = context.Out.IsTerminal && (context.Variable("DISPLAY") is { Length: > 0 } || context.Variable("WAYLAND_DISPLAY") is { Length: > 0 });
        var program = (context.Variable("PATH") ?? "").Split(':').Where(Path.IsPathFullyQualified).Select(folder => Path.Combine(folder, "xdg-open"))
            .FirstOrDefault(File.Exists);
        if (!hasDesktop || program is null)
            return null;
        var browser = new Browser(Path.Combine(Path.GetTempPath(), $"orchestrator-{Guid.NewGuid():N}.html"));
        try
        {
            browser.Write(address);
            DetachedProcess.Start(program, [browser._file], context.Variables, Path.GetTempPath(), "/dev/null");
            return browser;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            browser.Dispose();
            return null;
        }
    }

    public void Dispose()
    {
        try
        {
            File.Delete(_file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What it leads to is closed.
        }
    }

    private void Write(Uri address)
    {
        using var file = new FileStream(_file, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var text = new StreamWriter(file);
        var url = HtmlEncoder.Default.Encode(address.AbsoluteUri);
        text.Write($"<!DOCTYPE html><meta charset=\"utf-8\"><title>Orchestrator</title><meta http-equiv=\"refresh\" content=\"0; url={url}\">");
    }
}
