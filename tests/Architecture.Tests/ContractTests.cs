using System.Collections;
using System.Reflection;
using Orchestrator.Messages;

namespace Orchestrator.Architecture.Tests;

/// <summary>What makes a contract last: no value that a forgotten one could be taken for, and nothing that changes after it was sent.</summary>
public sealed class ContractTests
{
    /// <summary>Enums whose zero is a fact of its own: a node that no event has touched is held by nobody.</summary>
    private static readonly string[] ZeroIsAFact = ["Hold"];

    public static TheoryData<Type> Enums => [.. Types().Where(t => t.IsEnum)];

    [Theory]
    [MemberData(nameof(Enums))]
    public void The_zero_of_an_enum_is_no_value(Type type)
    {
        Assert.Equal(ZeroIsAFact.Contains(type.Name) ? "None" : "Unknown", Enum.GetName(type, 0));
        Assert.All(Enum.GetValuesAsUnderlyingType(type).Cast<object>(), value => Assert.IsType<int>(value));
    }

    [Theory]
    [MemberData(nameof(Enums))]
    public void An_enum_is_written_as_words_not_as_numbers(Type type) =>
        Assert.NotNull(type.GetCustomAttribute<System.Text.Json.Serialization.JsonConverterAttribute>());

    /// <summary>Arrays are taken for bytes that nobody writes to; lists and mappings are immutable or read-only.</summary>
    [Fact]
    public void A_message_carries_no_collection_that_can_be_changed() =>
        Assert.Empty(Types()
            .Where(t => t.IsClass && t.GetMethod("<Clone>$") is not null)
            .SelectMany(t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            .Where(p => p.PropertyType != typeof(string) && p.PropertyType != typeof(byte[]) && IsCollection(p.PropertyType) && !IsReadOnly(p.PropertyType))
            .Select(p => $"{p.DeclaringType!.Name}.{p.Name}"));

    private static Type[] Types() => typeof(DeploymentId).Assembly.GetExportedTypes();

    private static bool IsCollection(Type type) => typeof(IEnumerable).IsAssignableFrom(type);

    private static bool IsReadOnly(Type type) =>
        type.Namespace == typeof(ImmutableArray).Namespace || (type.IsInterface && type.Name.StartsWith("IReadOnly", StringComparison.Ordinal));
}
