using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Orchestrator.YamlFiles;

/// <summary>Writes a YAML document, an entry a line. Text is in quotes unless every reader takes it for text.</summary>
public sealed partial class YamlWriter : IDisposable
{
    private const int Indentation = 2;

    /// <summary>Readers take no longer key in one line with its value (YAML 1.2, section 7.4.2).</summary>
    private const int LongestKey = 1024;

    private static readonly EmitterSettings Settings = new(
        Indentation, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: LongestKey, newLine: "\n");

    private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
    private readonly Emitter _emitter;

    public YamlWriter()
    {
        _emitter = new Emitter(_text, Settings);
        _emitter.Emit(new StreamStart());
        _emitter.Emit(new DocumentStart(null, null, isImplicit: true));
    }

    public void Text(string text) => _emitter.Emit(new Scalar(
        AnchorName.Empty, TagName.Empty, text, IsPlain(text) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted, isPlainImplicit: true, isQuotedImplicit: true));

    /// <summary>A mapping; keys and values by turns are written until <see cref="EndMapping"/>.</summary>
    /// <param name="isEmpty">Nothing will be in it: it takes no line of its own.</param>
    public void BeginMapping(bool isEmpty = false) => _emitter.Emit(new MappingStart(
        AnchorName.Empty, TagName.Empty, isImplicit: true, isEmpty ? MappingStyle.Flow : MappingStyle.Block));

    public void EndMapping() => _emitter.Emit(new MappingEnd());

    public void List(IEnumerable<string> texts)
    {
        _emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, SequenceStyle.Block));
        foreach (var text in texts)
            Text(text);
        _emitter.Emit(new SequenceEnd());
    }

    /// <summary>Ends the document; nothing may be written after it.</summary>
    public byte[] End()
    {
        _emitter.Emit(new DocumentEnd(isImplicit: true));
        _emitter.Emit(new StreamEnd());
        return Encoding.UTF8.GetBytes(_text.ToString());
    }

    public void Dispose() => _text.Dispose();

    private static bool IsPlain(string text) => PlainForm().IsMatch(text) && !WordForm().IsMatch(text);

    [GeneratedRegex(@"^[A-Za-z_](?:[\w.\[\]-]|:(?=[\w:]))*\z", RegexOptions.ECMAScript)]
    private static partial Regex PlainForm();

    /// <summary>What YAML 1.1 or 1.2 takes for a truth value or nothing.</summary>
    [GeneratedRegex(@"^(?:true|false|yes|no|on|off|y|n|null)\z", RegexOptions.IgnoreCase)]
    private static partial Regex WordForm();
}
