namespace Orchestrator.Testing;

/// <summary>A test with two users: as root, with the programs that act as the other one.</summary>
public sealed class FactWithAnotherUserAttribute : FactAttribute
{
    public FactWithAnotherUserAttribute()
    {
        var hasAll = ((string[])["/usr/bin/setpriv", "/usr/bin/perl"]).All(File.Exists);
        Skip = Environment.UserName == "root" && hasAll ? null : "only root can act as two users, with setpriv and perl";
    }
}
