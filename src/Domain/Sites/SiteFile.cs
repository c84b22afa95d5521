using Orchestrator.YamlFiles;

namespace Orchestrator.Domain.Sites;

/// <summary>Writes a site, whatever it was read from, as a site file in YAML of which the same plan is made.</summary>
public static class SiteFile
{
    /// <param name="environment">The environment of the plan: the site may name none.</param>
    public static byte[] Write(Site site, string environment)
    {
        using var yaml = new YamlWriter();
        yaml.BeginMapping();
        yaml.Text("environment");
        yaml.Text(environment);
        yaml.Text("applications");
        WriteApplications(yaml, site);
        WriteNodes(yaml, site);
        yaml.EndMapping();
        return yaml.End();
    }

    private static void WriteApplications(YamlWriter yaml, Site site)
    {
        var components = site.Components.ToLookup(c => c.Application);
        yaml.BeginMapping(site.Applications.IsEmpty);
        for (var application = 0; application < site.Applications.Length; application++)
        {
            yaml.Text(site.Applications[application]);
            yaml.BeginMapping(!components.Contains(application));
            foreach (var component in components[application])
            {
                yaml.Text(component.Name);
                WriteComponent(yaml, site, component);
            }
            yaml.EndMapping();
        }
        yaml.EndMapping();
    }

    private static void WriteComponent(YamlWriter yaml, Site site, SiteComponent component)
    {
        var isEmpty = component.Node == SiteComponent.Nowhere && site.Produces(component).IsEmpty && site.Consumes(component).IsEmpty;
        yaml.BeginMapping(isEmpty);
        if (component.Node != SiteComponent.Nowhere)
        {
            yaml.Text("node");
            yaml.Text(site.Nodes[component.Node]);
        }
        WriteCapabilities(yaml, "produces", site, site.Produces(component));
        WriteCapabilities(yaml, "consumes", site, site.Consumes(component));
        yaml.EndMapping();
    }

    private static void WriteCapabilities(YamlWriter yaml, string key, Site site, ReadOnlySpan<int> capabilities)
    {
        if (capabilities.IsEmpty)
            return;
        yaml.Text(key);
        yaml.List([.. capabilities.ToArray().Select(c => site.Capabilities[c])]);
    }

    private static void WriteNodes(YamlWriter yaml, Site site)
    {
        if (site.Details.IsEmpty)
            return;
        yaml.Text("nodes");
        yaml.BeginMapping();
        foreach (var (node, details) in site.Details.OrderBy(d => d.Key, StringComparer.Ordinal))
        {
            yaml.Text(node);
            yaml.BeginMapping(details is { Identity: null, Labels: null });
            if (details.Identity is { } identity)
            {
                yaml.Text("identity");
                yaml.Text(identity);
            }
            if (details.Labels is { } labels)
            {
                yaml.Text("labels");
                yaml.BeginMapping(labels.IsEmpty);
                foreach (var (label, value) in labels)
                {
                    yaml.Text(label);
                    yaml.Text(value);
                }
                yaml.EndMapping();
            }
            yaml.EndMapping();
        }
        yaml.EndMapping();
    }
}
