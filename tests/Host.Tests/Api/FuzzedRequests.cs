using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Orchestrator.Host.Tests.Testing;
using Orchestrator.Testing.Api;

namespace Orchestrator.Host.Tests.Api;

/// <summary>Requests made of docs/openapi.json: such as its schemas allow, and such as somebody sends by mistake or on purpose.</summary>
/// <param name="seed">The same seed gives the same requests, as far as the host's answers are the same.</param>
public sealed class FuzzedRequests(int seed)
{
    private const int Deepest = 6;

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Texts =
    [
        "production", "staging", "dev1.example.net", "dev*", "Lamp[app1]", "a", "jane", "x y", "ünïcödé", "\u202e", "😀",
        "'; DROP TABLE journal; --", "%s%n", "..", "*",
        "sha256:", "0", "-1", "true", "null", "", " ", "\t", "\0", "\u001b[31m", new string('x', 300), "127.0.0.1:1",
    ];

    private static readonly string[] Durations = ["00:00:01", "00:00:00.5", "00:01:00", "1.00:00:00", "00:00:00", "-00:00:01", "10675199.02:48:05.4775807"];
    private static readonly string[] Numbers = ["0", "1", "-1", "2147483647", "2147483648", "9223372036854775807", "99999999999999999999", "1e400", "0.5"];

    private readonly Random _random = new(seed);

    public List<string> Deployments { get; } = ["k7m2p9xa"];

    public List<string> Plans { get; } = ["sha256:" + new string('0', 64)];

    /// <summary>One request and, in a few words, what was done to it.</summary>
    public sealed record Made(HttpRequestMessage Request, string What);

    public Made Next()
    {
        var operation = ApiOperations.All[_random.Next(ApiOperations.All.Length)];
        var described = ApiMessages.Operation(operation.Method, operation.Path.Replace("{id}", "x").Replace("{node}", "x").Replace("{file}", "x"))!;
        var query = new List<(string Key, string Value)>();
        var path = operation.Path;
        foreach (var parameter in operation.Parameters)
        {
            if (parameter.In == "path")
                path = path.Replace($"{{{parameter.Name}}}", Uri.EscapeDataString(PathText(parameter)));
            else if (parameter.In == "query" && Chance(0.3))
                query.Add((parameter.Name, ParameterText(parameter)));
        }
        var body = operation.Body switch
        {
            { Type: not null } => Value(described["requestBody"]!["content"]!["application/json"]!["schema"]!.AsObject(), "", 0),
            _ => null,
        };
        var (text, what) = body is null ? (operation.Body is null ? null : "{\"no\":\"history\"}\n"u8.ToArray(), "") : Written(body);
        var (method, mediaType) = (operation.Method.ToUpperInvariant(), operation.Body?.MediaType ?? "application/json");
        switch (_random.Next(12))
        {
            case 0:
                (method, what) = (Pick("PUT", "DELETE", "PATCH", "OPTIONS", "GET", "POST", "TRACE", "ODD"), what + " other method");
                break;
            case 1:
                mediaType = Pick("text/plain", "application/json; charset=utf-16", "multipart/form-data", "application/xml", "x");
                what += " other media type";
                break;
            case 2:
                query.Add((Pick("limt", "by", "caller", "id", "", "é", "\0"), Pick(Texts)));
                what += " unknown key in the query";
                break;
            case 3 when query.Count > 0:
                query.Add((query[0].Key, Pick(Texts)));
                what += " duplicate key in the query";
                break;
            case 4 when query.Count > 0:
                query[0] = (query[0].Key, Pick([.. Texts, .. Numbers]));
                what += " other value in the query";
                break;
        }
        var pairs = query.Select(q => $"{Uri.EscapeDataString(q.Key)}={Uri.EscapeDataString(q.Value)}");
        var whole = path + (query.Count == 0 ? "" : "?" + string.Join('&', pairs));
        var request = new HttpRequestMessage(new HttpMethod(method), whole);
        if (text is not null && method is not ("GET" or "TRACE"))
        {
            request.Content = new ByteArrayContent(text);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }
        return new Made(request, AddHeaders(request, what));
    }

    private string AddHeaders(HttpRequestMessage request, string what)
    {
        if (Chance(0.8))
            return what;
        var (name, value) = Pick(
            ("Accept", "text/event-stream"), ("Accept", "text/event-stream;q=x, ,,"), ("Accept", "*/*"), ("Last-Event-ID", Pick(Numbers)),
            ("If-None-Match", "*"),
            ("If-Match", "*"), ("If-Unmodified-Since", Pick("Sat, 28 Nov 2026 12:00:00 GMT", "x")),
            ("If-None-Match", "\"a\", W/\"b\", c"), ("Idempotency-Key", Pick("k", "\"k\"", new string('k', 256), " ", "a b")), ("Authorization", "Bearer x"),
            ("Authorization", "Bearer"), ("Content-Encoding", "gzip"), ("X-Odd", new string('x', 8000)), ("Cookie", "=;=;"), ("Range", "bytes=0-1"),
            ("Sec-Fetch-Site", Pick("cross-site", "same-origin", "odd")), ("X-Forwarded-For", "root"), ("Host", "elsewhere.example.net"));
        if (!request.Headers.TryAddWithoutValidation(name, value))
            request.Content?.Headers.TryAddWithoutValidation(name, value);
        return $"{what} {name}: {value[..Math.Min(value.Length, 40)]}";
    }

    private string PathText(ApiParameter parameter) => Chance(0.1) ? Pick(Pick(Texts), new string('y', 3000), "../host", "%2e%2e") + Pick("", "x")
        : parameter.Schema["enum"] is JsonArray words ? (string)Pick([.. words])!
        : parameter.Name switch { "id" => Pick([.. Deployments]), "node" => "dev1.example.net", _ => "docs.js" };

    private string ParameterText(ApiParameter parameter) => parameter.Schema switch
    {
        _ when parameter.Schema["enum"] is JsonArray words => (string)Pick([.. words])!,
        _ when (string?)parameter.Schema["type"] == "boolean" => Pick("true", "false"),
        _ when (string?)parameter.Schema["type"] == "integer" => _random.Next(1, 50).ToString(CultureInfo.InvariantCulture),
        _ when (string?)parameter.Schema["format"] == "date-time" => "2026-11-28T00:00:00Z",
        _ => parameter.Name switch
        {
            "state" => Pick("failed", "succeeded,failed"),
            "id" or "before" or "deployment" => Pick([.. Deployments]),
            "expected" => Pick([.. Plans]),
            "type" => "node-settled,ended",
            _ => Pick("production", "jane", "dev1*"),
        },
    };

    /// <summary>What the schema allows.</summary>
    private JsonNode? Value(JsonObject described, string name, int depth)
    {
        var schema = ApiMessages.Resolved(described)!;
        if (schema["anyOf"] is JsonArray any)
            return name == "source" && Chance(0.9) ? null : Value(any[_random.Next(any.Count)]!.AsObject(), name, depth);
        if (schema["enum"] is JsonArray words)
            return Pick([.. words])!.DeepClone();
        var kind = schema["type"] is JsonArray kinds ? (string)Pick([.. kinds])! : (string?)schema["type"];
        return kind switch
        {
            "null" => null,
            "boolean" => JsonValue.Create(Chance(0.3)),
            "integer" => JsonValue.Create(_random.Next((int?)schema["minimum"] ?? 0, ((int?)schema["maximum"] ?? 10) + 1)),
            "string" => JsonValue.Create(Text(schema, name)),
            "array" => new JsonArray([.. Enumerable.Range(0, _random.Next(3)).Select(_ => Value(schema["items"]!.AsObject(), name, depth + 1))]),
            _ => Object(schema, depth),
        };
    }

    private JsonObject Object(JsonObject schema, int depth)
    {
        var made = new JsonObject();
        var required = (schema["required"] as JsonArray ?? []).Select(r => (string)r!).ToHashSet();
        foreach (var (key, property) in schema["properties"] as JsonObject ?? [])
        {
            // A site has a document, and a fleet is one of the host's own: what reaches for a broker has tests with one.
            var value = key switch
            {
                "emulated" => JsonValue.Create(Chance(0.95)),
                "document" => JsonValue.Create(Text(property!.AsObject(), key)),
                _ when required.Contains(key) || (depth < Deepest && Chance(made.Count > 3 ? 0.05 : 0.2)) => Value(property!.AsObject(), key, depth + 1),
                _ => Missing,
            };
            if (value != Missing)
                made[key] = value;
        }
        return made;
    }

    private static readonly JsonValue Missing = JsonValue.Create("missing");

    private string Text(JsonObject schema, string name) => name switch
    {
        "document" => Convert.ToBase64String(Encoding.UTF8.GetBytes(Chance(0.8) ? Sites.Lamp : Pick(Texts))),
        "planId" => Pick([.. Plans]),
        "exportTo" => Pick("relative", "", "/dev/null/x"),
        "server" => "127.0.0.1:1",
        "deployments" => Pick([.. Deployments]),
        "name" when schema["pattern"] is not null => $"t{_random.Next(1000)}",
        _ when schema["contentEncoding"] is not null => Convert.ToBase64String(Encoding.UTF8.GetBytes(Pick(Texts))),
        _ when schema["examples"] is JsonArray { Count: 1 } => Pick(Durations[..4]),
        _ when schema["examples"] is JsonArray examples => (string)Pick([.. examples])!,
        _ => Pick(Texts[..7]),
    };

    /// <summary>As JSON, half of the time with a mistake.</summary>
    private (byte[] Text, string What) Written(JsonNode body)
    {
        if (Chance(0.5))
            return (Bytes(body), "");
        var places = new List<(JsonObject Parent, string Key)>();
        Collect(body, places);
        if (places.Count > 0 && Chance(0.7))
        {
            var (parent, key) = places[_random.Next(places.Count)];
            switch (_random.Next(6))
            {
                case 0:
                    parent.Remove(key);
                    return (Bytes(body), $"without {key}");
                case 1:
                    parent[Pick("by", "caller", key + "s", key.ToUpperInvariant(), "", "\0")] = 1;
                    return (Bytes(body), $"unknown key beside {key}");
                case 2:
                    parent[key] = new string('x', 1 << 20);
                    return (Bytes(body), $"{key} is huge");
                case 3:
                    parent[key] = Pick(Texts);
                    return (Bytes(body), $"{key} is another text");
                case 4:
                    parent[key] = "@@";
                    var other = Pick([.. Numbers, "true", "null", "[]", "{}", "[[[]]]", "\"\\ud800\"", "NaN", .. Durations.Select(d => $"\"{d}\"")]);
                    return (Encoding.UTF8.GetBytes(body.ToJsonString(Plain).Replace("\"@@\"", other)), $"{key} is of another type");
                default:
                    var (name, text) = (JsonSerializer.Serialize(key, Plain) + ":", body.ToJsonString(Plain));
                    var twice = text.Replace(name, $"{name}{parent[key]?.ToJsonString(Plain) ?? "null"},{name}");
                    return (Encoding.UTF8.GetBytes(twice), $"{key} twice");
            }
        }
        var whole = Bytes(body);
        switch (_random.Next(7))
        {
            case 0:
                return (whole[..(whole.Length / 2)], "half of it");
            case 1:
                whole[_random.Next(whole.Length)] = (byte)_random.Next(256);
                return (whole, "one byte is another");
            case 2:
                return ([0xEF, 0xBB, 0xBF, .. whole], "with a mark");
            case 3:
                return ([.. whole, .. whole], "two of it");
            case 4:
                return (Encoding.UTF8.GetBytes(new string('[', 300) + new string(']', 300)), "deep");
            case 5:
                return ([], "empty");
            default:
                return (Encoding.UTF8.GetBytes(Pick("null", "[]", "7", "\"x\"", "true", "{}")), "something else");
        }
    }

    private static void Collect(JsonNode? node, List<(JsonObject, string)> places)
    {
        if (node is JsonObject members)
        {
            foreach (var (key, member) in members)
            {
                places.Add((members, key));
                Collect(member, places);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
                Collect(item, places);
        }
    }

    private static byte[] Bytes(JsonNode body) => Encoding.UTF8.GetBytes(body.ToJsonString(Plain));

    private bool Chance(double share) => _random.NextDouble() < share;

    private T Pick<T>(params T[] values) => values[_random.Next(values.Length)];
}
