using Microsoft.Extensions.Time.Testing;
using Orchestrator.Host.Web;

namespace Orchestrator.Host.Tests.Web;

/// <summary>What opens the page, and how often.</summary>
public sealed class PageKeysTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PageKeys _keys;

    public PageKeysTests() => _keys = new PageKeys(_time);

    [Fact]
    public void A_token_gives_one_cookie_of_its_session()
    {
        var (one, two) = (_keys.NewToken("one"), _keys.NewToken("two"));
        var cookie = _keys.Redeem(two)!;

        Assert.Equal("two", _keys.SessionOf(cookie));
        Assert.Null(_keys.Redeem(two));
        Assert.Equal("one", _keys.SessionOf(_keys.Redeem(one)!));
        Assert.All([one, two, "", "x"], other => Assert.Null(_keys.SessionOf(other)));
        Assert.All([cookie, "", "x"], other => Assert.Null(_keys.Redeem(other)));
    }

    [Fact]
    public void A_token_is_good_for_two_minutes()
    {
        var (soon, late) = (_keys.NewToken("one"), _keys.NewToken("one"));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.NotNull(_keys.Redeem(soon));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(_keys.Redeem(late));
    }

    [Fact]
    public void Nothing_opens_a_session_that_has_ended()
    {
        var (unused, used, other) = (_keys.NewToken("one"), _keys.NewToken("one"), _keys.NewToken("two"));
        var cookie = _keys.Redeem(used)!;
        _keys.Forget("one");

        Assert.Null(_keys.Redeem(unused));
        Assert.Null(_keys.SessionOf(cookie));
        Assert.Equal("two", _keys.SessionOf(_keys.Redeem(other)!));
    }
}
