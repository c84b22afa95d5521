using CsCheck;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Subjects as the recorded clients and nodes use them, and from checked names alone.</summary>
public sealed class SubjectsTests
{
    [Fact]
    public void Every_recorded_directed_request_went_to_the_subject_that_we_build()
    {
        var directed = Recording.All.Where(r => r.IsRequest && r.Subject.Contains(".node.", StringComparison.Ordinal)).ToList();
        Assert.True(directed.Count > 50);
        Assert.All(directed, r => Assert.Equal(
            r.Subject,
            Subjects.Node(r.Subject.Split('.')[0], new NodeName(r.Subject[(r.Subject.IndexOf(".node.", StringComparison.Ordinal) + ".node.".Length)..]))));
    }

    [Fact]
    public void Every_recorded_broadcast_went_to_the_subject_that_we_build()
    {
        var broadcasts = Recording.All.Where(r => r.IsRequest && r.Subject.Contains(".broadcast.", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(broadcasts);
        Assert.All(broadcasts, r => Assert.Equal(r.Subject, Subjects.Agent(r.Subject.Split('.')[0], r.Subject.Split('.')[^1])));
    }

    [Fact]
    public void The_reply_subject_begins_as_that_of_the_client_of_2020_which_brokers_with_permissions_allow()
    {
        using var transport = TransportMessage.Open(Recording.Of("101-head-client-status/001-request").Payload);
        var caller = Recording.Of("101-head-client-status/001-request").Envelope.GetProperty("callerid").GetString()!;
        var ours = Subjects.Replies("mcollective", caller, "f00d");
        Assert.Equal(string.Join('.', transport.ReplyTo!.Split('.').Take(3)), ours[..ours.LastIndexOf('.')]);
    }

    [Fact]
    public void Whatever_a_name_is_it_is_refused_or_stays_in_its_place() => Gen.String[Gen.Char["abc019_-.*> \r\n\t\0é/$"], 0, 12].Sample(name =>
    {
        try
        {
            var subject = Subjects.Node("mcollective", new NodeName(name));
            return subject == $"mcollective.node.{name}" && subject.Split('.').All(Subjects.IsToken);
        }
        catch (ArgumentException)
        {
            return !Subjects.IsIdentity(name);
        }
    });

    [Theory]
    [InlineData("a.b")]
    [InlineData(">")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("a b")]
    public void A_collective_that_would_escape_its_place_is_refused(string collective) =>
        Assert.Throws<ArgumentException>(() => Subjects.Node(collective, new NodeName("dev1")));
}
