namespace Orchestrator.Messages.Tests;

public sealed class PhrasesTests
{
    [Theory]
    [InlineData(0, "0 nodes are held")]
    [InlineData(1, "1 node is held")]
    [InlineData(2, "2 nodes are held")]
    [InlineData(4998, "4,998 nodes are held")]
    public void A_noun_and_its_verb_agree_with_their_number(int number, string sentence) =>
        Assert.Equal(sentence, $"{Phrases.Count(number, "node")} {Phrases.Agree(number, "is", "are")} held");

    [Theory]
    [InlineData(0, "")]
    [InlineData(2, "n1, n2")]
    [InlineData(3, "n1, n2, n3")]
    [InlineData(1503, "n1, n2, n3 and 1,500 more")]
    public void Of_many_names_the_first_are_listed(int count, string sentence)
    {
        var names = Enumerable.Range(1, count).Select(i => $"n{i}").ToList();
        Assert.Equal(sentence, Phrases.Some(names, most: 3));
        Assert.Equal(sentence, Phrases.FirstOf(names.Take(3), count, most: 3));
    }
}
