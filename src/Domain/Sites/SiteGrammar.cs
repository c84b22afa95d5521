using Orchestrator.Messages;
using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>
/// What a site looks like, for both formats: which keys there are, of which type, and what is said where the document differs.
/// Reads on after every part that it does not understand, so that all problems are told at once.
/// </summary>
internal ref partial struct SiteGrammar<TTokens> where TTokens : ITokens, allows ref struct
{
    private static readonly string[] TopKeys = ["environment", "applications", "nodes", "code_id"];
    private static readonly string[] ComponentKeys = ["node", "produces", "consumes"];
    private static readonly string[] NodeKeys = ["labels", "identity"];

    /// <summary>No text other than a reference is longer: a node's name is a host's, and those have at most so many characters.</summary>
    private const int MaxTextLength = 255;

    private static readonly string ReferenceForm = FormattableString.Invariant($"TYPE[title], {Reference.MaxLength:N0} characters at most");

    private readonly DocumentFindings _findings;
    private readonly SiteBuilder _site;
    private readonly SitePlaces? _places;
    private TTokens _tokens;
    private string? _serverWords;
    private List<(Place Place, string Key)>? _answerKeys;

    /// <param name="tokens">The document, at its beginning.</param>
    /// <param name="places">Takes where its parts stand; null where nobody asks.</param>
    public SiteGrammar(TTokens tokens, string name, int length, SitePlaces? places = null)
    {
        _tokens = tokens;
        _places = places;
        _site = new SiteBuilder(length);
        _findings = new DocumentFindings(name);
    }

    public SiteReading Read()
    {
        try
        {
            _tokens.MoveNext();
            ReadDocument();
            _tokens.MoveNext();
        }
        catch (MalformedDocumentException e)
        {
            _findings.Malformed(e.Place, "", e.Message);
            // What could be read up to there has problems of its own.
            _site.LacksComponents = true;
            return new SiteReading(_site.HasApplications ? _site.Build(_findings) : null, _findings.Problems());
        }

        if (_serverWords is not null && !_site.HasApplications)
            return new SiteReading(null, [ServerAnswers.OfDocument(_findings.DocumentName, _serverWords)]);

        return new SiteReading(_site.HasApplications ? _site.Build(_findings) : null, _findings.Problems());
    }

    private void ReadDocument()
    {
        if (_tokens.Kind == TokenKind.End)
        {
            _findings.Malformed(new Place(1, 1), "", "the document is empty; a site names its applications under the key applications");
            return;
        }

        if (!Expect(TokenKind.MappingStart, "", "a mapping with the key applications"))
            return;

        var start = _tokens.Mark;
        var seen = new KeysSeen(TopKeys);
        while (NextKey())
        {
            var key = ReadKey(ref seen, "", "a site");
            _tokens.MoveNext();
            switch (key)
            {
                case "environment":
                    _places?.Environment = Here();
                    if (ReadText("environment", "the environment's name") is { } environment)
                        _site.Environment = environment;

                    break;
                case "applications":
                    ReadApplications();
                    break;
                case "nodes":
                    ReadNodes();
                    break;
                case "code_id":
                    if (_tokens.Kind is not (TokenKind.Text or TokenKind.Number or TokenKind.Nothing))
                        Expect(TokenKind.Text, "code_id", "a string, a number or null");

                    break;
                case "message" or "msg" when _tokens.Kind == TokenKind.Text:
                    _serverWords ??= _tokens.Text().ToString();
                    break;
                default:
                    Skip();
                    break;
            }
        }

        if (!seen.Has("applications") && _serverWords is null)
            _findings.Malformed(_tokens.PlaceOf(start), "", "the key applications is missing; write \"applications: {}\" for a site without any");

        _site.HasApplications = seen.Has("applications");
        if (_site.HasApplications && _answerKeys is not null)
        {
            foreach (var (place, key) in _answerKeys)
                Unknown(place, key, "", "a site", TopKeys);
        }
    }

    private void ReadApplications()
    {
        const string path = "applications";
        if (!Expect(TokenKind.MappingStart, path, "a mapping of applications"))
        {
            _site.LacksComponents = true;
            return;
        }

        _site.HasApplications = true;
        while (NextKey())
        {
            var text = _tokens.Text();
            if (!Reference.IsWellFormed(text))
            {
                _findings.Malformed(Here(), path, $"{Phrases.Quote(text)} is not an application; write {ReferenceForm}");
                SkipComponents();
            }
            else if (!_site.TryAddApplication(text, out var application))
            {
                _findings.Malformed(Here(), path, $"the application {Phrases.Quote(text)} is a duplicate; give each application once");
                SkipComponents();
            }
            else
            {
                _tokens.MoveNext();
                ReadComponents(application);
            }
        }
    }

    private void ReadComponents(int application)
    {
        if (!Expect(TokenKind.MappingStart, new ComponentPath(_site, application, -1).ToString(), "a mapping of components"))
        {
            _site.LacksComponents = true;
            return;
        }

        while (NextKey())
        {
            var text = _tokens.Text();
            var path = new ComponentPath(_site, application, -1);
            if (!Reference.IsWellFormed(text))
            {
                _findings.Malformed(Here(), path.ToString(), $"{Phrases.Quote(text)} is not a component; write {ReferenceForm}");
                SkipComponents();
            }
            else if (!_site.TryAddComponentName(text, application, out var name))
            {
                _findings.Malformed(
                    Here(), path.ToString(), $"the component {Phrases.Quote(text)} is a duplicate; give each component of an application once");
                SkipComponents();
            }
            else
            {
                _places?.Add(_site.ApplicationName(application), _site.ComponentName(name), Here());
                _tokens.MoveNext();
                ReadComponent(new ComponentPath(_site, application, name));
            }
        }
    }

    private void ReadComponent(ComponentPath path)
    {
        if (_tokens.Kind != TokenKind.MappingStart)
        {
            Expect(TokenKind.MappingStart, path.ToString(), "a mapping with the keys node, produces and consumes");
            _site.LacksComponents = true;
            return;
        }

        var problemsBefore = _findings.Count;
        var node = SiteComponent.Nowhere;
        Range produces = default, consumes = default;
        var seen = new KeysSeen(ComponentKeys);
        while (NextKey())
        {
            var key = ReadKey(ref seen, path, "a component");
            _tokens.MoveNext();
            switch (key)
            {
                case "node":
                    node = ReadNodeOf(path);
                    break;
                case "produces":
                    produces = ReadReferences(path, "produces");
                    break;
                case "consumes":
                    consumes = ReadReferences(path, "consumes");
                    break;
                default:
                    Skip();
                    break;
            }
        }

        if (_findings.Count == problemsBefore)
            _site.AddComponent(path.Application, path.Component, node, produces, consumes);
        else
            _site.LacksComponents = true;
    }

    private int ReadNodeOf(ComponentPath path)
    {
        if (_tokens.Kind == TokenKind.Nothing)
            return SiteComponent.Nowhere;

        if (_tokens.Kind != TokenKind.Text)
        {
            Expect(TokenKind.Text, $"{path} / node", "the node's name");
            return SiteComponent.Nowhere;
        }

        var text = _tokens.Text();
        if (text.Length > MaxTextLength)
        {
            TooLong($"{path} / node", text);
            return SiteComponent.Nowhere;
        }

        if (text.IsWhiteSpace())
            return SiteComponent.Nowhere;

        _places?.AddNode(text, Here());
        return _site.AddNode(text);
    }

    private Range ReadReferences(ComponentPath path, string key)
    {
        if (_tokens.Kind != TokenKind.ListStart)
        {
            Expect(TokenKind.ListStart, $"{path} / {key}", "a list of capabilities");
            return default;
        }

        _site.BeginReferences();
        for (_tokens.MoveNext(); _tokens.Kind != TokenKind.ListEnd; _tokens.MoveNext())
        {
            if (_tokens.Kind != TokenKind.Text)
            {
                Expect(TokenKind.Text, $"{path} / {key}", "a capability");
                continue;
            }

            var text = _tokens.Text();
            if (!Reference.IsWellFormed(text))
                _findings.Malformed(Here(), $"{path} / {key}", $"{Phrases.Quote(text)} is not a capability; write {ReferenceForm}");
            else
                AddReference(path, key, text);
        }

        return _site.EndReferences();
    }

    private readonly void AddReference(ComponentPath path, string key, ReadOnlySpan<char> text)
    {
        if (_places is not null && key == "consumes")
            _places.AddConsumed(_site.ApplicationName(path.Application), _site.ComponentName(path.Component), text, Here());
        _site.AddReference(text);
    }

    private void ReadNodes()
    {
        if (!Expect(TokenKind.MappingStart, "nodes", "a mapping of nodes"))
            return;

        while (NextKey())
        {
            var name = _tokens.Text().ToString();
            var path = $"nodes / {Phrases.Shorten(name)}";
            var place = Here();
            _tokens.MoveNext();
            if (string.IsNullOrWhiteSpace(name))
            {
                _findings.Malformed(place, "nodes", "a node needs a name");
                Skip();
            }
            else if (_site.HasDetails(name))
            {
                _findings.Malformed(place, "nodes", $"the node {Phrases.Quote(name)} is a duplicate; give each node once");
                Skip();
            }
            else
            {
                _places?.AddDetails(name, place);
                _site.AddDetails(name, ReadDetails(path), place);
            }
        }
    }

    private NodeDetails ReadDetails(string path)
    {
        string? identity = null;
        ImmutableSortedDictionary<string, string>? labels = null;
        if (Expect(TokenKind.MappingStart, path, "a mapping with the keys labels and identity"))
        {
            var seen = new KeysSeen(NodeKeys);
            while (NextKey())
            {
                var key = ReadKey(ref seen, path, "a node");
                _tokens.MoveNext();
                switch (key)
                {
                    case "identity":
                        identity = ReadText($"{path} / identity", "the node's Choria identity");
                        break;
                    case "labels":
                        labels = ReadLabels($"{path} / labels");
                        break;
                    default:
                        Skip();
                        break;
                }
            }
        }

        return new NodeDetails(identity, labels);
    }

    /// <summary>Labels are texts; numbers and truth values are taken as they are written.</summary>
    private ImmutableSortedDictionary<string, string>? ReadLabels(string path)
    {
        if (!Expect(TokenKind.MappingStart, path, "a mapping of labels"))
            return null;

        var labels = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (NextKey())
        {
            var (key, place) = (_tokens.Text().ToString(), Here());
            _tokens.MoveNext();
            if (_tokens.Kind is not (TokenKind.Text or TokenKind.Number or TokenKind.Truth))
                Expect(TokenKind.Text, $"{path} / {Phrases.Shorten(key)}", "a string");
            else if (key.Length > MaxTextLength || _tokens.Text().Length > MaxTextLength)
                TooLong(path, key.Length > MaxTextLength ? key : _tokens.Text());
            else if (!labels.TryAdd(key, _tokens.Text().ToString()))
                _findings.Malformed(place, path, $"the label {Phrases.Quote(key)} is a duplicate; give each label once");
        }

        return labels.Count == 0 ? null : labels.ToImmutable();
    }
}
