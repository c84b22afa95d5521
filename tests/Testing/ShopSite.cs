namespace Orchestrator.Testing;

/// <summary>A shop of six nodes in three groups, for hosts that are disturbed while they deploy it.</summary>
public static class ShopSite
{
    public static IReadOnlyList<string> Nodes { get; } = ["db", "app1", "app2", "web", "mail", "edge"];

    /// <param name="suffix">Of each node's name, so that many of these do not get in each other's way.</param>
    public static string Of(string suffix = "") => $$"""
        environment: production
        applications:
          Shop[s]:
            Shop::Db[s]:   { node: db{{suffix}}, produces: [Sql[s]] }
            Shop::App[s1]: { node: app1{{suffix}}, consumes: [Sql[s]], produces: [Http[s1]] }
            Shop::App[s2]: { node: app2{{suffix}}, consumes: [Sql[s]], produces: [Http[s2]] }
            Shop::Mail[s]: { node: mail{{suffix}}, consumes: [Sql[s]] }
            Shop::Web[s]:  { node: web{{suffix}}, consumes: [Http[s1], Http[s2]] }
            Shop::Edge[s]: { node: edge{{suffix}}, consumes: [Http[s2]] }
        """;
}
