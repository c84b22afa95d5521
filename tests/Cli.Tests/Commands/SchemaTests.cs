using System.Text.Encodings.Web;
using System.Text.Json;
using Orchestrator.Cli.Tests.Hosts;

namespace Orchestrator.Cli.Tests.Commands;

/// <summary>What is printed for programs is what docs/schema says. With ORCHESTRATOR_UPDATE_GOLDENS=1 the pages are written anew.</summary>
public sealed class SchemaTests : HostedTests
{
    private static readonly JsonSerializerOptions Readable =
        new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string> Names => [.. JsonSchemas.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_page_is_that_of_the_types_that_are_written(string name)
    {
        var file = Path.Combine(SourceTree.Root, "docs", "schema", $"{name}.schema.json");
        var schema = JsonSchemas.All[name].ToJsonString(Readable) + "\n";
        if (Environment.GetEnvironmentVariable("ORCHESTRATOR_UPDATE_GOLDENS") == "1")
            File.WriteAllText(file, schema);
        Assert.Equal(schema, File.ReadAllText(file));
    }

    [Fact]
    public async Task Deployments_and_events_keep_to_their_schemas()
    {
        Assert.Equal([], JsonSchemas.Problems("deployment", JsonDocument.Parse((await Cli.RunAsync("show", "7f3k2m1q", "-o", "json")).Out).RootElement));
        using var other = new CommandLine(Cli.Folder);
        foreach (var line in (await other.RunAsync("watch", "7f3k2m1q", "-o", "jsonl")).Lines)
            Assert.Equal([], JsonSchemas.Problems("event", JsonDocument.Parse(line).RootElement));
    }

    [Theory]
    [InlineData("""{"id":7}""", "$: planId is missing", "$.id: Number is not \"string\"")]
    [InlineData("""{"colour":"red"}""", "$.colour is in no schema")]
    [InlineData("""{"state":"fine"}""", "$.state: fine is none of")]
    public void What_is_not_as_the_schema_says_is_found(string document, params string[] problems)
    {
        var found = JsonSchemas.Problems("deployment", JsonDocument.Parse(document).RootElement);
        Assert.All(problems, p => Assert.Contains(found, f => f.StartsWith(p, StringComparison.Ordinal)));
    }
}
