using Orchestrator.Testing.Journals;

namespace Orchestrator.Host.Tests.Journal;

/// <summary>
/// A sample of the files depth of bench/Chaos: whatever befalls a journal between two hosts, nothing is lost unnoticed, and no node is touched.
/// </summary>
public class FileDamageTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Whatever_befalls_the_files_all_is_there_or_a_sentence_says_what_is_wrong(int seed)
    {
        var story = await FileStory.PlayAsync(seed, every: 5);

        Assert.True(story.Broken.Count == 0, $"{story.Told}\n{string.Join('\n', story.Broken)}");
        Assert.Contains(story.Tally.Keys, k => k.EndsWith(": blocked", StringComparison.Ordinal));
        Assert.Contains(story.Tally.Keys, k => k.EndsWith(": not started", StringComparison.Ordinal));
    }
}
