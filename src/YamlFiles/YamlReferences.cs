using Orchestrator.Messages;
using YamlDotNet.Core;
using YamlDotNet.Core.Tokens;

namespace Orchestrator.YamlFiles;

/// <summary>
/// Lets references stand without quotes inside <c>[...]</c> and <c>{...}</c>, as in <c>produces: [Sql[app1]]</c>. To YAML
/// that is a plain text followed by a list, which it never allows there: such a text is taken together with
/// the brackets that touch it. What follows after the closing bracket, and brackets that do not pair, need quotes.
/// </summary>
internal sealed class YamlReferences(string text) : IScanner
{
    private readonly Scanner _inner = new(new StringReader(text), skipComments: true);
    private Token? _ahead;

    public Mark CurrentPosition => _inner.CurrentPosition;

    public Token? Current { get; private set; }

    /// <summary>Where the newest token begins; null before the first.</summary>
    public Mark? TokenStart { get; private set; }

    public bool MoveNext()
    {
        ConsumeCurrent();
        return MoveNextWithoutConsuming();
    }

    public bool MoveNextWithoutConsuming()
    {
        Current = Next();
        TokenStart = Current?.Start ?? TokenStart;
        return Current is not null;
    }

    public void ConsumeCurrent() => Current = null;

    private Token? Next()
    {
        var token = Take();
        if (token is Scalar { Style: ScalarStyle.Plain } type)
        {
            _ahead = Take();
            if (_ahead is FlowSequenceStart open && open.Start.Index == type.End.Index)
            {
                _ahead = null;
                return Join(type);
            }
        }

        return token;
    }

    private Token? Take()
    {
        if (_ahead is { } token)
        {
            _ahead = null;
            return token;
        }

        // The name that an anchor gives to what follows is of no use where no alias is read, and the parser loses its place after one inside {...}.
        while (_inner.MoveNext())
        {
            if (_inner.Current is not Anchor)
                return _inner.Current;
        }

        return null;
    }

    private Scalar Join(Scalar type)
    {
        var open = 1;
        while (_inner.MoveNext() && _inner.Current is { } token and not (Error or StreamEnd))
        {
            // Beyond the depth and the length that a site may have, the scanner need not go: it gets slow in there.
            open += token switch { FlowSequenceStart => 1, FlowSequenceEnd => -1, _ => 0 };
            if (open > ITokens.MaxDepth || token.Start.Index - type.Start.Index > YamlTokens.LongestReference)
                break;

            if (open > 0)
                continue;

            // The scanner's own offsets are believed only as far as the text bears them out.
            var (from, to) = ((int)type.Start.Index, (int)token.Start.Index + 1);
            if (to <= text.Length && text[to - 1] == ']' && text.AsSpan(from).StartsWith(type.Value, StringComparison.Ordinal)
                && !text.AsSpan(from, to - from).Contains('\n'))
            {
                return new Scalar(text[from..to], ScalarStyle.Plain, type.Start, new Mark(to, token.Start.Line, token.Start.Column + 1));
            }

            break;
        }

        throw new SyntaxErrorException(
            type.Start, type.End, $"the brackets of {Phrases.Quote(type.Value + "[")} are not closed on the same line; put the reference in quotes");
    }
}
