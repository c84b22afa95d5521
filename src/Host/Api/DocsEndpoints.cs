using System.Collections.Frozen;
using System.IO.Compression;
using System.Reflection;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Api;

/// <summary>
/// A page to read the API's description and to try it, for people with a certificate in their browser. Its script and styles are those of Swagger UI, which
/// are loaded with the first request and not before.
/// </summary>
public static class DocsEndpoints
{
    private const string Html = "text/html; charset=utf-8";
    private const string Script = "text/javascript; charset=utf-8";

    /// <summary>Nothing from elsewhere, no script in the page itself, nowhere inside another page. Swagger UI sets styles of elements.</summary>
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, (bool IsOurs, string MediaType)> Files = new Dictionary<string, (bool, string)>
    {
        ["docs.html"] = (true, Html),
        ["docs.js"] = (true, Script),
        ["swagger-ui.css"] = (false, "text/css; charset=utf-8"),
        ["swagger-ui-bundle.js"] = (false, Script),
        ["favicon-32x32.png"] = (false, "image/png"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static void MapDocs(this IEndpointRouteBuilder api)
    {
        api.MapGet(HostApi.Docs, (HttpContext http) => Answer(http, "docs.html")).NeedsNothing();
        api.MapGet(HostApi.Docs + "/{file}", (HttpContext http, string file) => Answer(http, file)).NeedsNothing();
    }

    private static FileStreamHttpResult Answer(HttpContext http, string name)
    {
        if (!Files.TryGetValue(name, out var file))
            throw new ApiException(Problems.OfStatus(StatusCodes.Status404NotFound));
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "private, no-cache";
        if (file.IsOurs)
            return TypedResults.Stream(typeof(DocsEndpoints).Assembly.GetManifestResourceStream(name)!, file.MediaType);
        var swagger = Assembly.Load("Swashbuckle.AspNetCore.SwaggerUI");
        var packed = swagger.GetManifestResourceStream($"{swagger.GetName().Name}.node_modules.swagger_ui_dist.{name}")!;
        headers.Vary = HeaderNames.AcceptEncoding;
        if (!http.Request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value == "gzip" && e.Quality is null or > 0))
            return TypedResults.Stream(new GZipStream(packed, CompressionMode.Decompress), file.MediaType);
        headers.ContentEncoding = "gzip";
        return TypedResults.Stream(packed, file.MediaType);
    }
}
