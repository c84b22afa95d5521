namespace Orchestrator.Web.Layout;

/// <summary>Pages for those who have no session: whole documents of constant words, with nothing of a request.</summary>
public static class PlainPages
{
    private const string ForNewOne = "Run <code>orchestrator web</code> for a new one.";

    public static string Opening { get; } = Of("Opening", "The page opens in a moment.");

    public static string Closed { get; } = Of("This page is closed", ForNewOne);

    public static string AddressUsed { get; } = Of("This address no longer works", $"An address opens the page once, within two minutes. {ForNewOne}");

    public static string OtherName { get; } = Of("Wrong address", "Open the page under <code>127.0.0.1</code> or <code>localhost</code>, with its own port.");

    public static string OtherOrigin { get; } = Of("Request refused", "Other sites cannot use this page.");

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
