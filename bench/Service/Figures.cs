namespace Orchestrator.Service.Bench;

/// <summary>What was measured, against what it may be.</summary>
internal static class Figures
{
    public static bool AreAllKept { get; private set; } = true;

    /// <summary>A figure that may be at most so much.</summary>
    public static void AtMost(string what, double value, double limit, string unit) => Show(what, value, limit, unit, value <= limit);

    /// <summary>A figure that must be at least so much.</summary>
    public static void AtLeast(string what, double value, double limit, string unit) => Show(what, value, limit, unit, value >= limit);

    /// <param name="part">0.5 for the median.</param>
    public static double Quantile(this List<double> values, double part) => values.Order().ElementAt((int)Math.Ceiling(part * values.Count) - 1);

    private static void Show(string what, double value, double limit, string unit, bool isKept)
    {
        AreAllKept &= isKept;
        Console.WriteLine($"{(isKept ? "kept  " : "MISSED")}  {what,-60}  {value,8:0.00} {unit,-3}  of {limit,6:0.##}: {value / limit:0.00}");
    }
}
