using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Plans;

namespace Orchestrator.Testing.Api;

/// <summary>The documentation comments of the types that are sent, as descriptions.</summary>
public static partial class XmlComments
{
    private static readonly Dictionary<string, XElement> Members = XDocument.Load(Path.ChangeExtension(typeof(HostApi).Assembly.Location, ".xml"))
        .Descendants("member").ToDictionary(m => m.Attribute("name")!.Value);

    /// <summary>What comments name and no client sees.</summary>
    private static readonly Dictionary<string, string> Others = new()
    {
        [nameof(HostApi.PlanToRun)] = "`POST /v1/plans?run=true`",
        [nameof(ProblemCodes)] = "the codes of problems",
        [nameof(FleetVariables)] = "environment variables on which its settings depend",
        [nameof(SiteProblemKinds)] = "the kinds of problems of sites",
    };

    /// <summary>Null where the type has no comment.</summary>
    public static string? Of(Type type) => Summary("T:" + Name(type));

    /// <summary>Null where the property or enum member has no comment.</summary>
    public static string? Of(MemberInfo member) => Summary((member is FieldInfo ? "F:" : "P:") + Name(member.DeclaringType!) + "." + member.Name);

    private static string Name(Type type) => (type.IsGenericType ? type.GetGenericTypeDefinition() : type).FullName!.Replace('+', '.');

    private static string? Summary(string member) =>
        Members.TryGetValue(member, out var found) && found.Element("summary") is { } summary ? Blanks().Replace(Text(summary), " ").Trim() : null;

    private static string Text(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "paramref" } parameter => $"`{JsonNamingPolicy.CamelCase.ConvertName(parameter.Attribute("name")!.Value)}`",
        XElement { Name.LocalName: "see" } see => Reference(see.Attribute("cref")?.Value ?? see.Attribute("langword")?.Value ?? ""),
        XElement other => Text(other),
        _ => "",
    }));

    /// <summary>A type keeps its name, which is that of its schema; a member has the name that it has in JSON.</summary>
    private static string Reference(string reference)
    {
        var path = reference.Split('(')[0];
        var name = path[(path.LastIndexOfAny(['.', ':']) + 1)..];
        return Others.TryGetValue(name, out var words) ? words
            : path.StartsWith("P:", StringComparison.Ordinal) ? $"`{JsonNamingPolicy.CamelCase.ConvertName(name)}`"
            : path.Contains(".DeploymentEvents.", StringComparison.Ordinal) ? name + "Event" : name;
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
