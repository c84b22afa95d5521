namespace Orchestrator.Web.Text;

/// <summary>The time zone of who reads.</summary>
public sealed record ReaderZone(TimeZoneInfo Zone)
{
    public static ReaderZone Utc { get; } = new(TimeZoneInfo.Utc);

    /// <param name="name">As a browser says it; UTC where this machine does not know it.</param>
    public static ReaderZone Of(string? name) => name is not null && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? new(zone) : Utc;

    public DateTimeOffset At(DateTimeOffset time) => TimeZoneInfo.ConvertTime(time, Zone);
}
