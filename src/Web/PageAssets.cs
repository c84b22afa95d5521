using System.Reflection;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Orchestrator.Web;

/// <summary>What a browser loads beside the page: the styles as one file, and each script. All of it lies in this assembly.</summary>
public static class PageAssets
{
    public const string StylePath = "/assets/page.css";

    public const string IconPath = "/assets/icon.svg";

    private static readonly Assembly Own = typeof(PageAssets).Assembly;

    internal static void MapAssets(this IEndpointRouteBuilder app)
    {
        var names = Own.GetManifestResourceNames();
        // The layout's first: the others build on its names.
        Map(StylePath, "text/css; charset=utf-8", [.. names.Where(n => n.EndsWith(".css", StringComparison.Ordinal))
            .OrderBy(n => !n.StartsWith("Layout/", StringComparison.Ordinal)).ThenBy(n => n, StringComparer.Ordinal)]);
        foreach (var name in names.Where(n => n.EndsWith(".js", StringComparison.Ordinal)))
            Map($"/assets/{Path.GetFileName(name)}", "text/javascript; charset=utf-8", name);
        foreach (var name in names.Where(n => n.EndsWith(".svg", StringComparison.Ordinal)))
            Map($"/assets/{Path.GetFileName(name)}", "image/svg+xml", name);

        void Map(string path, string type, params string[] resources)
        {
            var bytes = new Lazy<byte[]>(() => Encoding.UTF8.GetBytes(string.Concat(resources.Select(Read))));
            app.MapGet(path, () => Results.Bytes(bytes.Value, type));
        }
    }

    private static string Read(string resource)
    {
        using var reader = new StreamReader(Own.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
