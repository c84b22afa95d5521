using System.Globalization;
using CsCheck;
using Orchestrator.Domain.Deployments.State;
using Orchestrator.Messages;

namespace Orchestrator.Domain.Tests.Deployments.State;

/// <summary>Against the plainest reference: a dictionary that is copied as a whole.</summary>
public sealed class NodeDictionaryTests
{
    private static readonly Gen<(int[] Keys, bool IsOne)[]> Changes = Gen.Select(Gen.Int[0, 3000].Array[1, 300], Gen.Bool).Array[1, 20];

    [Fact]
    public void Whatever_is_set_is_found_nothing_else_is_and_what_was_before_stays_as_it_was() => Changes.Sample(changes =>
    {
        var lives = new List<(NodeDictionary<string> Is, Dictionary<NodeName, string> Ought)> { (NodeDictionary<string>.Empty, []) };
        foreach (var (keys, isOne) in changes)
        {
            var (before, reference) = lives[^1];
            var ought = new Dictionary<NodeName, string>(reference);
            NodeDictionary<string> after;
            if (isOne)
            {
                ought[Name(keys[0])] = "one";
                after = before.SetItems([Name(keys[0])], n => n, (_, _) => "one");
            }
            else
            {
                foreach (var name in keys.Select(Name))
                    ought[name] = $"{ought.GetValueOrDefault(name)}+";
                after = before.SetItems(keys, Name, (_, known) => $"{known}+");
            }
            lives.Add((after, ought));
        }
        foreach (var (dictionary, ought) in lives)
        {
            Assert.Equal(ought.Count, dictionary.Count);
            Assert.Equal(ought.OrderBy(e => e.Key), dictionary.OrderBy(e => e.Key));
            Assert.Equal(ought.Keys.Order(), dictionary.Keys.Order());
            Assert.All(ought, e => Assert.Equal((true, e.Value), (dictionary.TryGetValue(e.Key, out var value), value)));
            Assert.False(dictionary.ContainsKey(Name(-1)));
        }
    }, iter: 200);

    [Fact]
    public void Of_many_thousands_each_is_found()
    {
        var names = Enumerable.Range(0, 50_000).Select(Name).ToList();
        var all = NodeDictionary<string>.Empty.SetItems(names, n => n, (name, _) => name.Value);
        Assert.Equal(50_000, all.Count);
        Assert.All(names, name => Assert.Equal(name.Value, all[name]));
    }

    [Fact]
    public void One_that_was_never_named_is_told() =>
        Assert.Equal("no event has named n7", Assert.Throws<KeyNotFoundException>(() => NodeDictionary<string>.Empty[Name(7)]).Message);

    private static NodeName Name(int number) => new(string.Create(CultureInfo.InvariantCulture, $"n{number}"));
}
