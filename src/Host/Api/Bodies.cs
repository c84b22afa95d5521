using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;
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
        await Limited.WaitForTurnAsync(http);
        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, StrictRequests.Strict(info), http.RequestAborted)
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

    public static IResult Json<T>(T value, JsonTypeInfo<T> info, int status = StatusCodes.Status200OK) => TypedResults.Json(value, info, statusCode: status);
    public static IResult Json(byte[] json, int status = StatusCodes.Status200OK) => new RawJson(json, status);

    private sealed class RawJson(byte[] json, int status) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = "application/json";
            httpContext.Response.ContentLength = json.Length;
            return httpContext.Response.Body.WriteAsync(json, httpContext.RequestAborted).AsTask();
        }
    }
}
