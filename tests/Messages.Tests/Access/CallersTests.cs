using Orchestrator.Messages.Access;

namespace Orchestrator.Messages.Tests.Access;

public sealed class CallersTests
{
    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice/ci", "alice")]
    [InlineData("alice/ci/2", "alice")]
    [InlineData("choria=alice.mcollective", "alice")]
    [InlineData("choria=alice.mcollective/ci", "alice")]
    [InlineData("alice.mcollective", "alice")]
    [InlineData("choria=deploy.example.net", "deploy.example.net")]
    [InlineData("choria=alice", "alice")]
    [InlineData("alice.smith", "alice.smith")]
    [InlineData("Alice", "Alice")]
    [InlineData("alice.mcollective.mcollective", "alice.mcollective")]
    [InlineData("choria=choria=alice", "choria=alice")]
    [InlineData("", "")]
    public void A_person_is_the_same_on_the_machine_with_a_certificate_and_with_a_token(string caller, string person) =>
        Assert.Equal(person, Callers.PersonOf(caller));

    [Theory]
    [InlineData("alice", "alice")]
    [InlineData("alice/ci", "alice")]
    [InlineData("choria=alice.mcollective/ci", "choria=alice.mcollective")]
    [InlineData("alice/ci/2", "alice")]
    public void Who_made_a_token_stands_before_the_first_slash(string caller, string maker) => Assert.Equal(maker, Callers.MakerOf(caller));

    [Fact]
    public void The_name_of_a_token_says_who_made_it()
    {
        Assert.Equal("choria=alice.mcollective/ci", Callers.OfToken("choria=alice.mcollective", "ci"));
        Assert.Equal("alice", Callers.MakerOf(Callers.OfToken("alice", "ci")));
    }
}
