using System.Reflection;

namespace Orchestrator.Messages.Api;

/// <summary>The product's version: host and command are built together, and understand each other for sure only where theirs is the same.</summary>
public static class ProductVersion
{
    /// <summary>Of this program, without the commit that it was built from.</summary>
    public static string Current { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "unknown";
}
