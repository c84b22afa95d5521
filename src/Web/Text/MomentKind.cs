namespace Orchestrator.Web.Text;

/// <summary>How exactly a time is told.</summary>
public enum MomentKind
{
    /// <summary>Day, hour and minute.</summary>
    Minute = 0,

    /// <summary>Hour, minute and second, of today.</summary>
    Second = 1,
}
