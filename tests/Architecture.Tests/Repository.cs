using System.Reflection;
using System.Xml.Linq;

namespace Orchestrator.Architecture.Tests;

/// <summary>The source tree that these tests were built from, and the assemblies that were built from it.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every project of <c>src</c>, in ordinal order.</summary>
    public static string[] Projects { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.csproj", SearchOption.AllDirectories).Select(f => Path.GetFileNameWithoutExtension(f))
            .Order(StringComparer.Ordinal)];

    /// <summary>The project file of a project of <c>src</c>.</summary>
    public static XDocument ProjectFile(string project) => XDocument.Load(Path.Combine(Root, "src", project, $"{project}.csproj"));

    /// <summary>What a project file names in elements such as <c>PackageReference</c>.</summary>
    public static IEnumerable<XElement> Items(XDocument projectFile, string item) =>
        projectFile.Descendants(item).Where(e => e.Attribute("Include") is not null);

    /// <summary>The built assembly of a project of <c>src</c>.</summary>
    public static string AssemblyPath(string project) => Path.Combine(AppContext.BaseDirectory, $"{AssemblyName(project)}.dll");

    /// <summary>The same, loaded.</summary>
    public static Assembly Load(string project) => Assembly.LoadFrom(AssemblyPath(project));

    /// <summary>The name of a project's assembly: that of its file, or the usual one.</summary>
    public static string AssemblyName(string project) =>
        ProjectFile(project).Descendants("AssemblyName").FirstOrDefault()?.Value ?? $"Orchestrator.{project}";

    /// <summary>Every C# file below a folder of the root, generated ones left out; paths from the root.</summary>
    public static IEnumerable<(string Path, string Text)> Sources(string folder) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file))
            .Where(path => !path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal)
            .Select(path => (path, File.ReadAllText(Path.Combine(Root, path))));

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Orchestrator.sln")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"there is no Orchestrator.sln above {AppContext.BaseDirectory}");
    }
}
