namespace Orchestrator.Web.Layout;

/// <summary>Pages for those who have no session: whole documents of constant words, with nothing of a request.</summary>
public static class PlainPages
{
    private const string OpenAgain = "Run <code>orchestrator web</code> to open it again.";

    public static string Opening { get; } = Of("Opening", "The page opens in a moment.");

    public static string Closed { get; } = Of("This page is closed", OpenAgain);

    public static string AddressUsed { get; } = Of("This address has been used", $"It opens the page once, and for two minutes. {OpenAgain}");

    public static string OtherName { get; } = Of("Not this page", "This page has another address.");

    public static string OtherOrigin { get; } = Of("Not from there", "Another page may not use this one.");

    private static string Of(string title, string html) =>
        $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{title} - Orchestrator</title>
          <link rel="stylesheet" href="{PageAssets.StylePath}">
          <link rel="icon" type="image/svg+xml" href="{PageAssets.IconPath}">
        </head>
        <body><main class="plain"><h1>{title}</h1><p>{html}</p></main></body>
        </html>

        """;
}
