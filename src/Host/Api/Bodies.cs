using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Orchestrator.Messages;

namespace Orchestrator.Host.Api;

/// <summary>Reads and writes bodies with the one JSON schema.</summary>
public static class Bodies
{
    /// <exception cref="ApiException">It is no JSON, or not of this form; the sentence says where.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> info) where T : class
    {
        if (!http.Request.HasJsonContentType())
            throw new ApiException(Problems.OfStatus(StatusCodes.Status415UnsupportedMediaType));
        var body = await Limited.BodyAsync(http);
        try
        {
            return await JsonSerializer.DeserializeAsync(body, StrictRequests.Strict(info), http.RequestAborted)
                ?? throw new ApiException("the request body is null: see docs/api.md", null);
        }
        catch (JsonException e)
        {
            throw new ApiException(StrictRequests.Sentence(e), StrictRequests.PathOf(e), e);
        }
    }

    /// <summary>For what takes no body: one that says nothing passes.</summary>
    /// <exception cref="ApiException">It says something that nobody would read.</exception>
    public static async Task ReadNoneAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true && http.Request.ContentLength != 0)
            await ReadAsync(http, MessagesJson.Default.NoRequest);
    }

    public static IResult Json<T>(T value, JsonTypeInfo<T> info, int status = StatusCodes.Status200OK) =>
        Json(JsonSerializer.SerializeToUtf8Bytes(value, info), status);

    public static IResult Json(byte[] json, int status = StatusCodes.Status200OK) => new JsonAnswer(json, status);

    /// <summary>What is read has an entity tag, by which whoever has it already is told so and gets nothing.</summary>
    private sealed class JsonAnswer(byte[] json, int status) : IResult
    {
        /// <summary>Bytes of the body's SHA-256 that stand in its tag.</summary>
        private const int TagBytes = 16;

        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = status;
            if (HttpMethods.IsGet(httpContext.Request.Method))
            {
                var tag = new EntityTagHeaderValue($"\"{Base64Url.EncodeToString(SHA256.HashData(json).AsSpan(0, TagBytes))}\"");
                response.Headers.ETag = tag.ToString();
                response.Headers.CacheControl = "private, no-cache";
                if (httpContext.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Equals(EntityTagHeaderValue.Any) || known.Compare(tag, false)))
                {
                    response.StatusCode = StatusCodes.Status304NotModified;
                    return Task.CompletedTask;
                }
            }
            response.ContentType = "application/json";
            response.ContentLength = json.Length;
            return response.Body.WriteAsync(json, httpContext.RequestAborted).AsTask();
        }
    }
}
