using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Orchestrator.Messages;

namespace Orchestrator.Host.Api;

/// <summary>
/// Refuses what nobody would read: a key that is misspelt says something that its sender relies on, and would be passed over in silence.
/// </summary>
public static class StrictRequests
{
    private const int LongestKey = 100;
    private const string MissingKeys = "missing required properties including: '";

    /// <summary>The types of parameters that come from the query.</summary>
    public static FrozenSet<Type> QueryTypes { get; } = FrozenSet.ToFrozenSet([typeof(string), typeof(bool?), typeof(int?)]);

    private static readonly JsonSerializerOptions Options = new(MessagesJson.Default.Options)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowDuplicateProperties = false,
    };

    private static readonly ConcurrentDictionary<Type, JsonTypeInfo> Infos = [];

    /// <summary>The same form, in which every key must be known and stand once.</summary>
    public static JsonTypeInfo<T> Strict<T>(JsonTypeInfo<T> info) => (JsonTypeInfo<T>)Infos.GetOrAdd(info.Type, static type => Options.GetTypeInfo(type));

    /// <summary>Where in the body something is wrong, and what.</summary>
    public static string Sentence(JsonException e)
    {
        var place = PathOf(e) ?? "the request body";
        return e.Message.StartsWith("The JSON property ", StringComparison.Ordinal)
            ? place is "by" or "caller" ? $"the request body must not have {place}: the host knows who is asking from the connection"
                : $"unknown key {place} in the request body: see docs/api.md"
            : MissingOf(e) is not null ? $"{place} is missing: see docs/api.md"
            : e.Message.StartsWith("Duplicate property ", StringComparison.Ordinal) ? $"duplicate key {place} in the request body"
            : $"{place} is not the expected JSON: {e.Message}";
    }

    /// <summary>Where in the body something is wrong; null where that is all of it.</summary>
    public static string? PathOf(JsonException e) => MissingOf(e) is { } missing ? missing
        : e.Path is null or "$" ? null
        : OutsideText.OneLine(e.Path.StartsWith("$.", StringComparison.Ordinal) ? e.Path[2..] : e.Path, LongestKey);

    /// <summary>The first of the keys without which nothing is done; null where none is missing.</summary>
    private static string? MissingOf(JsonException e) =>
        e.Message.IndexOf(MissingKeys, StringComparison.Ordinal) is >= 0 and var at ? e.Message[(at + MissingKeys.Length)..].Split('\'')[0] : null;

    /// <summary>For a group of endpoints: a query's keys are the parameters of the endpoint that answers.</summary>
    public static EndpointFilterDelegate RefuseUnknownQueries(EndpointFilterFactoryContext context, EndpointFilterDelegate next)
    {
        var known = context.MethodInfo.GetParameters().Where(p => QueryTypes.Contains(p.ParameterType))
            .ToFrozenDictionary(p => p.Name!, p => p.ParameterType, StringComparer.Ordinal);
        return invocation =>
        {
            var http = invocation.HttpContext;
            foreach (var (key, values) in http.Request.Query)
            {
                if (!known.TryGetValue(key, out var type) || http.Request.RouteValues.ContainsKey(key))
                {
                    var field = OutsideText.OneLine(key, LongestKey);
                    throw new ApiException($"unknown key \"{field}\" in the query: see docs/api.md", field);
                }
                if (values.Count > 1)
                    throw new ApiException($"duplicate key \"{key}\" in the query", key);
                if (values.ToString() is var value && value.Any(char.IsControl))
                    throw new ApiException($"{key} in the query has control characters: \"{OutsideText.OneLine(value, LongestKey)}\"", key);
                if (type == typeof(bool?) && !bool.TryParse(values.ToString(), out _))
                    throw new ApiException($"{key} in the query must be true or false", key);
                if (type == typeof(int?) && !int.TryParse(values.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                    throw new ApiException($"{key} in the query must be a number, 0 or more", key);
            }
            return next(invocation);
        };
    }
}
