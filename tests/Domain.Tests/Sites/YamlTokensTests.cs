using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Tests.Sites;

/// <summary>Every key has a value and every part an end, whatever the parser makes of broken input: readers rely on it.</summary>
public sealed class YamlTokensTests
{
    [Theory]
    [InlineData("    : a")]
    [InlineData("\n  : a b")]
    [InlineData("&a--- \n    : a{ b")]
    public void A_key_without_a_value_is_refused(string yaml)
    {
        var e = Assert.Throws<MalformedDocumentException>(() => KindsOf(yaml));
        Assert.Equal("this is not valid YAML from here on; check quotes and brackets", e.Message);
    }

    [Theory]
    [InlineData(": a", "MappingStart Key Text MappingEnd")]
    [InlineData("a:", "MappingStart Key Nothing MappingEnd")]
    [InlineData("a: {}", "MappingStart Key MappingStart MappingEnd MappingEnd")]
    [InlineData("- a: [b]", "ListStart MappingStart Key ListStart Text ListEnd MappingEnd ListEnd")]
    public void What_is_written_is_told_in_order(string yaml, string kinds) => Assert.Equal(kinds, string.Join(' ', KindsOf(yaml)));

    private static List<TokenKind> KindsOf(string yaml)
    {
        var tokens = new YamlTokens(yaml, "a file");
        var kinds = new List<TokenKind>();
        for (tokens.MoveNext(); tokens.Kind != TokenKind.End; tokens.MoveNext())
            kinds.Add(tokens.Kind);
        return kinds;
    }
}
