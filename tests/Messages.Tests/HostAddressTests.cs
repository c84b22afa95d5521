using Orchestrator.Messages.Api;

namespace Orchestrator.Messages.Tests;

public sealed class HostAddressTests
{
    [Theory]
    [InlineData("https://deploy.example.net:8643", "https://deploy.example.net:8643")]
    [InlineData("https://deploy.example.net:8643/", "https://deploy.example.net:8643")]
    [InlineData("https://deploy.example.net", "https://deploy.example.net")]
    [InlineData("https://[2001:db8::1]:8643", "https://[2001:db8::1]:8643")]
    [InlineData("/run/orchestrator/host.sock", "/run/orchestrator/host.sock")]
    [InlineData("unix:/run/orchestrator/host.sock", "/run/orchestrator/host.sock")]
    public void Names_a_host_over_tls_or_a_socket(string text, string shown)
    {
        Assert.Equal(shown, HostAddress.Parse(text, out var problem)?.ToString());
        Assert.Null(problem);
    }

    [Theory]
    [InlineData("http://deploy.example.net", "a host is asked over https only, not over http")]
    [InlineData("deploy.example.net:8643", "use https://NAME:PORT, or the whole path of a socket")]
    [InlineData("host.sock", "use https://NAME:PORT, or the whole path of a socket")]
    [InlineData("", "use https://NAME:PORT, or the whole path of a socket")]
    [InlineData("https://", "use https://NAME:PORT, or the whole path of a socket")]
    [InlineData("https://x/v1", "use https://NAME:PORT, and nothing after or before that")]
    [InlineData("https://alice@x", "use https://NAME:PORT, and nothing after or before that")]
    public void Anything_else_is_refused_with_what_it_should_be(string text, string sentence)
    {
        Assert.Null(HostAddress.Parse(text, out var problem));
        Assert.Equal(sentence, problem);
    }
}
