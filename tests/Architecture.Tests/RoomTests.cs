using System.Text.RegularExpressions;

namespace Orchestrator.Architecture.Tests;

/// <summary>The rooms of the host, which are its folders, do not know each other in circles; what puts them together stands above them all.</summary>
public sealed partial class RoomTests
{
    private static readonly Dictionary<string, HashSet<string>> Uses = Repository.Sources("src/Host")
        .Select(source => (Room: Path.GetRelativePath("src/Host", Path.GetDirectoryName(source.Path)!), source.Text))
        .Where(source => source.Room != ".")
        .GroupBy(source => source.Room)
        .ToDictionary(room => room.Key, room => room
            .SelectMany(source => RoomName().Matches(source.Text)).Select(m => m.Groups[1].Value).Where(used => used != room.Key).ToHashSet());

    [Fact]
    public void Every_file_of_a_room_is_in_the_namespace_of_its_room() =>
        Assert.All(Repository.Sources("src/Host"), source =>
        {
            var room = Path.GetRelativePath("src/Host", Path.GetDirectoryName(source.Path)!);
            var expected = room == "." ? "namespace Orchestrator.Host;" : $"namespace Orchestrator.Host.{room};";
            var isProgram = source.Path.EndsWith("Program.cs", StringComparison.Ordinal);
            Assert.True(isProgram || source.Text.Contains(expected, StringComparison.Ordinal), $"{source.Path} is not in {expected}");
        });

    [Fact]
    public void No_room_of_the_host_knows_itself_by_way_of_others()
    {
        Assert.True(Uses.Count > 5 && Uses["Api"].Contains("Coordination"), "the rooms were found");
        Assert.All(Uses, room =>
            Assert.False(
                Reached(room.Key).Contains(room.Key),
                $"{room.Key} knows itself by way of {string.Join(", ", room.Value.Where(u => Reached(u).Contains(room.Key)))}"));
    }

    [Fact]
    public void Only_the_api_and_what_puts_the_host_together_make_answers_over_http() =>
        Assert.All(Uses.Where(room => room.Key != "Api"), room => Assert.DoesNotContain("Api", room.Value));

    [Fact]
    public void What_serves_requests_on_a_node_does_not_know_whether_the_node_is_emulated() =>
        Assert.All(
            Repository.Sources("src/NodeAgent/Agents").Concat(Repository.Sources("src/NodeAgent/Serving")),
            source => Assert.DoesNotContain("NodeAgent.Emulation", source.Text, StringComparison.Ordinal));

    private static HashSet<string> Reached(string room)
    {
        var reached = new HashSet<string>();
        var next = new Queue<string>(Uses.GetValueOrDefault(room) ?? []);
        while (next.TryDequeue(out var used))
        {
            if (!reached.Add(used))
                continue;
            foreach (var further in Uses.GetValueOrDefault(used) ?? [])
                next.Enqueue(further);
        }
        return reached;
    }

    /// <summary>A room by its whole name, in a using or in the code.</summary>
    [GeneratedRegex(@"\bOrchestrator\.Host\.(\w+)(?=[;.\s])")]
    private static partial Regex RoomName();
}
