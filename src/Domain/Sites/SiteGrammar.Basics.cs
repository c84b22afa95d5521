using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

// How keys and values of any part are read, and what is said where something else stands there.
internal ref partial struct SiteGrammar<TTokens>
{
    private string? ReadText(string path, string what)
    {
        if (!Expect(TokenKind.Text, path, what))
            return null;

        var text = _tokens.Text();
        if (text.IsWhiteSpace())
        {
            _findings.Malformed(Here(), path, $"expected {what}, found an empty string");
            return null;
        }

        if (text.Length > MaxTextLength)
        {
            TooLong(path, text);
            return null;
        }

        return text.ToString();
    }

    /// <summary>The known key that stands here; null, after telling why, where it is not known or stands a second time.</summary>
    private string? ReadKey<TPath>(ref KeysSeen seen, TPath path, string where) where TPath : notnull
    {
        var text = _tokens.Text();
        if (seen.TryAdd(text, out var known))
            return known;

        if (known is not null || !seen.TryAddUnknown(text))
        {
            _findings.Malformed(Here(), path.ToString()!, $"the key {Phrases.Quote(text)} is a duplicate; give it once");
            return null;
        }

        if (seen.Known == TopKeys && text is "message" or "msg" or "issue_kind" or "stacktrace" or "kind")
        {
            var key = text.ToString();          // perhaps an error answer of the server, judged at the end
            (_answerKeys ??= []).Add((Here(), key));
            return key;
        }

        Unknown(Here(), text, path, where, seen.Known);
        return null;
    }

    private readonly void Unknown<TPath>(Place place, ReadOnlySpan<char> key, TPath path, string where, string[] known) where TPath : notnull
    {
        if (Nearest.Of(key, known) is { } meant)
            _findings.Malformed(place, path.ToString()!, $"the key {Phrases.Quote(key)} is unknown; did you mean {meant}?");
        else if (_tokens.IsWrittenByHand && key.IndexOf(':') is > 0 and var colon && known.Contains(key[..colon].ToString()))
            _findings.Malformed(place, path.ToString()!, $"the key {Phrases.Quote(key)} is unknown; put a space after the colon of {key[..colon]}");
        else if (_tokens.IsWrittenByHand)
            _findings.Malformed(place, path.ToString()!, $"the key {Phrases.Quote(key)} is unknown; {where} may have {string.Join(", ", known)}");
        else
            _findings.UnknownKey(place, key, where);
    }

    private bool NextKey()
    {
        _tokens.MoveNext();
        return _tokens.Kind == TokenKind.Key;
    }

    /// <summary>True where a token of this kind stands here; else tells what stands here instead, and skips it.</summary>
    private bool Expect(TokenKind kind, string path, string what)
    {
        if (_tokens.Kind == kind)
            return true;

        var found = _tokens.Kind switch
        {
            TokenKind.MappingStart when kind == TokenKind.Text && _tokens.IsWrittenByHand =>
                "a mapping: a colon before a space or at the end makes one in YAML",
            TokenKind.MappingStart => "a mapping",
            TokenKind.ListStart => "a list",
            TokenKind.Text when kind == TokenKind.MappingStart && _tokens.IsWrittenByHand && _tokens.Text().Contains(':') =>
                $"the string {Phrases.Quote(_tokens.Text())}; a key ends with a colon and a space",
            TokenKind.Text => $"the string {Phrases.Quote(_tokens.Text())}",
            TokenKind.Number => $"the number {Phrases.Shorten(_tokens.Text())}; put it in quotes if it is meant as a string",
            TokenKind.Truth => $"{_tokens.Text()}; put it in quotes if it is meant as a string",
            TokenKind.Alias => $"the alias *{Phrases.Shorten(_tokens.Text())}; site files cannot use aliases: write the value itself",
            TokenKind.Nothing => "nothing (null)",
            _ => "something else",
        };
        _findings.Malformed(Here(), path, $"expected {what}, found {found}");
        Skip();
        return false;
    }

    private readonly void TooLong(string path, ReadOnlySpan<char> text) =>
        _findings.Malformed(Here(), path, $"{Phrases.Quote(text)} has more than {MaxTextLength} characters, the limit for names, environments and labels");

    private void SkipComponents()
    {
        _site.LacksComponents = true;
        _tokens.MoveNext();
        Skip();
    }

    /// <summary>Goes to the end of the value that begins here.</summary>
    private void Skip()
    {
        for (var depth = 0; ; _tokens.MoveNext())
        {
            depth += _tokens.Kind switch
            {
                TokenKind.MappingStart or TokenKind.ListStart => 1,
                TokenKind.MappingEnd or TokenKind.ListEnd => -1,
                _ => 0,
            };
            if (depth <= 0)
                return;
        }
    }

    private readonly Place Here() => _tokens.PlaceOf(_tokens.Mark);

    /// <summary>A component's place in the document, put into words only where a problem needs them.</summary>
    private readonly record struct ComponentPath(SiteBuilder Site, int Application, int Component)
    {
        public override string ToString() => Component < 0
            ? $"applications / {Phrases.Shorten(Site.ApplicationName(Application))}"
            : $"applications / {Phrases.Shorten(Site.ApplicationName(Application))} / {Phrases.Shorten(Site.ComponentName(Component))}";
    }
}
