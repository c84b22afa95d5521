using System.Text.Json;
using Orchestrator.Choria.Protocol;
using Orchestrator.Messages.Nodes;

namespace Orchestrator.Choria.Tests.Protocol;

/// <summary>Bodies of requests, held against what the Ruby client was recorded to send.</summary>
public sealed class PuppetRequestTests
{
    private const string Caller = "choria=rip.mcollective";

    [Fact]
    public void A_runonce_with_tags_is_the_recorded_one() =>
        Is("85-daemon-runonce-with-tags/001-request", new NodeRequest.Runonce(Force: true, Noop: null, UseCachedCatalog: null, Environment: null, Tags: "foo"));

    [Fact]
    public void A_runonce_without_options_is_the_recorded_one() =>
        Is("83-daemon-runonce-force-only/001-request", new NodeRequest.Runonce(Force: true, Noop: null, UseCachedCatalog: null, Environment: null));

    private static void Is(string recording, NodeRequest request)
    {
        using var body = JsonDocument.Parse(PuppetRequests.Body(request, Caller));
        Assert.True(JsonElement.DeepEquals(Recording.Of(recording).Body, body.RootElement), body.RootElement.GetRawText());
    }
}
