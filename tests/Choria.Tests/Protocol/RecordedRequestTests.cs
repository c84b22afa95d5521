using System.Text;
using System.Text.Json;
using Orchestrator.Choria.Protocol;
using Orchestrator.Choria.Security;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Every recorded request, of the Ruby and of the Go client: verified as a node does, and rebuilt to the same meaning.</summary>
public sealed class RecordedRequestTests
{
    /// <summary>Those that the recorded nodes did not answer because of the layers that are verified here.</summary>
    private static readonly Dictionary<string, WireFault> Refused = new()
    {
        ["41-cert-not-in-whitelist-dropped/001-request"] = WireFault.Certificate,
        ["52-tampered-message/001-request"] = WireFault.Signature,
        ["53-rogue-ca-cached-callerid/001-request"] = WireFault.Certificate,
        ["54-callerid-mismatch/001-request"] = WireFault.Certificate,
        ["63-extra-envelope-key/001-request"] = WireFault.Field,
        ["105-head-node-rogue/001-request"] = WireFault.Certificate,
    };

    public static TheoryData<string> Requests => [.. Recording.All.Where(r => r.IsRequest && !IsYaml(r) && !Refused.ContainsKey(r.Name)).Select(r => r.Name)];

    public static TheoryData<string> YamlRequests => [.. Recording.All.Where(r => r.IsRequest && IsYaml(r)).Select(r => r.Name)];

    public static TheoryData<string> RefusedRequests => [.. Refused.Keys];

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_recorded_request_is_verified_and_says_what_was_recorded(string name)
    {
        var recording = Recording.Of(name);
        Holds(recording, Open(recording));
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_recorded_request_can_be_rebuilt(string name)
    {
        var recording = Recording.Of(name);
        var again = RpcRequest.Read(Open(recording).Write());
        Holds(recording, again);
        Assert.Equal(Open(recording).Body.ToArray(), again.Body.ToArray());
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void A_recorded_request_signed_by_us_with_all_its_layers_is_verified_and_says_the_same(string name)
    {
        var recording = Recording.Of(name);
        using var original = TransportMessage.Open(recording.Payload);
        var request = Open(recording) with { Caller = Own.Value.Identity.CallerId };
        var payload = Own.Value.Identity.Seal(request, original.ReplyTo!);

        using var verifier = new RequestVerifier(Own.Value.Authority, [RequestVerifier.DefaultAllowed], TimeProvider.System);
        using var transport = TransportMessage.Open(payload);
        Assert.Equal((original.ReplyTo, request.Sender), (transport.ReplyTo, transport.Sender));
        var again = verifier.Open(transport);
        Holds(recording, again with { Caller = recording.Envelope.GetProperty("callerid").GetString()! });
        Assert.Equal(request.Body.ToArray(), again.Body.ToArray());
    }

    [Fact]
    public void The_Ruby_client_breaks_its_base64_and_the_Go_client_does_not_and_both_are_read()
    {
        static bool IsBroken(string name) =>
            JsonDocument.Parse(Recording.Of(name).Payload).RootElement.GetProperty("data").GetString()!.Contains('\n', StringComparison.Ordinal);
        Assert.True(IsBroken("08-status-disabled/001-request"));
        Assert.False(IsBroken("107-gostyle-v1-request-to-ruby-node/001-request"));
        Assert.False(IsBroken("56-strict-base64/001-request"));
    }

    [Theory]
    [MemberData(nameof(RefusedRequests))]
    public void A_request_that_the_nodes_did_not_accept_is_not_accepted(string name) =>
        Assert.Equal(Refused[name], Assert.Throws<WireException>(() => Open(Recording.Of(name))).Fault);

    [Theory]
    [MemberData(nameof(YamlRequests))]
    public void A_request_in_YAML_is_recognised(string name) =>
        Assert.Equal(WireFault.Yaml, Assert.Throws<WireException>(() => Open(Recording.Of(name))).Fault);

    [Fact]
    public void A_changed_byte_of_the_message_or_of_the_signature_is_no_valid_signature()
    {
        var recording = Recording.Of("08-status-disabled/001-request");
        using var transport = TransportMessage.Open(recording.Payload);
        var secure = SecureRequest.Read(transport.Data.Span);
        var message = secure.Message.ToArray();
        message[Encoding.UTF8.GetString(message).IndexOf("status", StringComparison.Ordinal)] ^= 1;
        var signature = secure.Signature.ToArray();
        signature[17] ^= 1;
        foreach (var changed in new[] { secure with { Message = message }, secure with { Signature = signature }, secure with { Signature = [] } })
        {
            using var forged = TransportMessage.Open(TransportMessage.Wrap(changed.Write(), transport.Sender, transport.ReplyTo));
            using var verifier = Verifier();
            Assert.Equal(WireFault.Signature, Assert.Throws<WireException>(() => verifier.Open(forged)).Fault);
        }
    }

    [Fact]
    public void A_certificate_is_believed_only_in_its_time()
    {
        var recording = Recording.Of("08-status-disabled/001-request");
        using var transport = TransportMessage.Open(recording.Payload);
        using var verifier = new RequestVerifier(
            Recording.Certificates("pki", "ca"), [RequestVerifier.DefaultAllowed], new At(new DateTimeOffset(2037, 1, 1, 0, 0, 0, default)));
        Assert.Contains("is valid from", Assert.Throws<WireException>(() => verifier.Open(transport)).Message, StringComparison.Ordinal);
    }

    /// <summary>An authority and a caller of our own: nobody has the recorded keys.</summary>
    private static readonly Lazy<(string Authority, CallerIdentity Identity)> Own = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("own-").FullName;
        using var authority = new TestAuthority(folder, TimeProvider.System.GetUtcNow());
        authority.Certify("alice.mcollective");
        var own = (File.ReadAllText(authority.Certificate("ca")), CallerIdentity.Of(
            "alice.mcollective", File.ReadAllText(authority.Certificate("alice.mcollective")), File.ReadAllText(authority.Key("alice.mcollective")), "c", "k"));
        Directory.Delete(folder, recursive: true);
        return own;
    });

    private static bool IsYaml(Recording r) => r.SpeaksYaml && !r.Name.StartsWith("114-json-request", StringComparison.Ordinal);

    private static RequestVerifier Verifier() =>
        new(Recording.Certificates("pki", "ca"), [RequestVerifier.DefaultAllowed], new At(new DateTimeOffset(2026, 11, 22, 13, 0, 0, default)));

    /// <summary>Those on whose run it was were recorded on another day, in a lab with an authority of its own.</summary>
    private static RequestVerifier JanesVerifier() =>
        new(Recording.Text("pki", "jane", "ca.pem"), [RequestVerifier.DefaultAllowed], new At(new DateTimeOffset(2026, 11, 28, 12, 30, 0, default)));

    private static RpcRequest Open(Recording recording)
    {
        using var verifier = !IsYaml(recording) && recording.Envelope.GetProperty("callerid").GetString() == "choria=jane.mcollective"
            ? JanesVerifier()
            : Verifier();
        using var transport = TransportMessage.Open(recording.Payload);
        return verifier.Open(transport);
    }

    private static void Holds(Recording recording, RpcRequest request)
    {
        var envelope = recording.Envelope;
        Assert.Equal(envelope.GetProperty("requestid").GetString(), request.Id);
        Assert.Equal(envelope.GetProperty("senderid").GetString(), request.Sender);
        Assert.Equal(envelope.GetProperty("callerid").GetString(), request.Caller);
        Assert.Equal(envelope.GetProperty("collective").GetString(), request.Collective);
        Assert.Equal(envelope.GetProperty("agent").GetString(), request.Agent);
        Assert.Equal(envelope.GetProperty("ttl").GetInt64(), (long)request.TimeToLive.TotalSeconds);
        Assert.Equal(envelope.GetProperty("time").GetInt64(), request.Time.ToUnixTimeSeconds());
        Assert.Equal(Texts(envelope.GetProperty("filter"), "agent"), request.Filter.Agents);
        Assert.Equal(Texts(envelope.GetProperty("filter"), "identity"), request.Filter.Identities);
        Assert.Equal(Texts(envelope.GetProperty("filter"), "cf_class"), request.Filter.Classes);
        foreach (var (key, elements) in new[] { ("fact", request.Filter.Facts), ("compound", request.Filter.Compounds) })
        {
            var recorded = envelope.GetProperty("filter").TryGetProperty(key, out var list) ? list.EnumerateArray().ToList() : [];
            Assert.Equal(recorded.Count, elements.Length);
            Assert.All(recorded.Zip(elements), pair => Assert.True(JsonElement.DeepEquals(pair.First, JsonDocument.Parse(pair.Second).RootElement)));
        }
        if (recording.Body.ValueKind == JsonValueKind.Object)
            Assert.True(JsonElement.DeepEquals(recording.Body, JsonDocument.Parse(request.Body).RootElement));
    }

    private static IEnumerable<string> Texts(JsonElement filter, string name) =>
        filter.TryGetProperty(name, out var texts) ? texts.EnumerateArray().Select(t => t.GetString()!) : [];

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
