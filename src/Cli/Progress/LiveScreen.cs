using System.Text;
using Orchestrator.Cli.Text;

namespace Orchestrator.Cli.Progress;

/// <summary>Draws lines over those drawn before, without a flicker: one write a picture, only what changed in colour and text.</summary>
/// <param name="screen">A terminal that understands escape sequences.</param>
internal sealed class LiveScreen(Screen screen) : IDisposable
{
    private const string HideCursor = "\u001b[?25l";
    private const string ShowCursor = "\u001b[?25h";
    private const string ClearToEndOfLine = "\u001b[K";
    private const string ClearBelow = "\u001b[J";
    private IReadOnlyList<Line> _drawn = [];
    private string _picture = "";
    private bool _cursorIsHidden;

    /// <summary>Draws the lines where the last ones stood.</summary>
    public void Draw(IReadOnlyList<Line> lines)
    {
        var picture = new StringBuilder();
        foreach (var line in lines)
        {
            screen.Append(picture, line);
            picture.Append(ClearToEndOfLine).Append('\n');
        }
        picture.Append(ClearBelow);
        var text = picture.ToString();
        var back = BackToTop();
        if (text == _picture && lines.Count == _drawn.Count && _cursorIsHidden)
            return;
        screen.WriteRaw(HideCursor + back + text);
        (_drawn, _picture, _cursorIsHidden) = (lines, text, true);
    }

    /// <summary>Takes the lines away; what is written next stands in their place.</summary>
    public void Clear()
    {
        if (_drawn.Count > 0)
            screen.WriteRaw(BackToTop() + ClearBelow);
        (_drawn, _picture) = ([], "");
    }

    /// <summary>Leaves the picture and gives the cursor back on an empty line below it; the next picture is a new one.</summary>
    public void Leave()
    {
        if (_cursorIsHidden)
            screen.WriteRaw("\r" + ClearToEndOfLine + ShowCursor);
        (_drawn, _picture, _cursorIsHidden) = ([], "", false);
    }

    public void Dispose() => Leave();

    // A window that became narrower has wrapped what was drawn for a wider one.
    private string BackToTop()
    {
        var columns = Math.Max(1, screen.Size.Columns);
        var up = _drawn.Sum(line => Math.Max(1, (line.Width + columns - 1) / columns));
        return up == 0 ? "" : $"\r\u001b[{up}A";
    }
}
