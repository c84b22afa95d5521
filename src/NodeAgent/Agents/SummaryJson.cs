using System.Globalization;
using System.Text.Json;
using Orchestrator.NodeAgent.Emulation.Runs;

namespace Orchestrator.NodeAgent.Agents;

/// <summary>Writes the answer to last_run_summary: the agent's own counts and, inside, Puppet's summary as it is.</summary>
internal static class SummaryJson
{
    public static void Write(Utf8JsonWriter json, AgentData.Summary answer)
    {
        var report = answer.Report;
        var resources = report?.Resources ?? default;
        json.WriteNumber("out_of_sync_resources", resources.OutOfSync);
        json.WriteNumber("failed_resources", resources.Failed);
        json.WriteNumber("corrected_resources", resources.Corrective);
        json.WriteNumber("changed_resources", resources.Changed);
        json.WriteNumber("total_resources", resources.Total);
        json.WriteNumber("config_retrieval_time", report?.Time("config_retrieval") ?? 0);
        json.WriteNumber("total_time", report?.Time("total") ?? 0);
        WriteLogs(json, report, answer.Logs);
        json.WriteNumber("lastrun", report?.LastRun ?? 0);
        json.WriteNumber("since_lastrun", answer.Now - (report?.LastRun ?? 0));
        if (report is null) json.WriteString("config_version", "unknown");
        else WriteConfigVersion(json, "config_version", report);
        json.WriteStartObject("type_distribution");
        if (answer.ManagedResources > 1) json.WriteNumber("File", answer.ManagedResources - 1);
        if (answer.ManagedResources > 0) json.WriteNumber("Service", 1);
        json.WriteEndObject();
        json.WriteStartObject("summary");
        WriteChanges(json, report);
        WriteTimes(json, report);
        WriteResources(json, report, resources);
        WriteVersion(json, report);
        WriteEvents(json, report);
        WriteApplication(json, report);
        json.WriteEndObject();
    }

    /// <summary>What the interface declares for a call that was not carried out.</summary>
    public static void WriteDefaults(Utf8JsonWriter json)
    {
        foreach (var name in (ReadOnlySpan<string>)["out_of_sync_resources", "failed_resources", "corrected_resources", "changed_resources"])
            json.WriteNumber(name, -1);
        json.WriteNumber("total_resources", 0);
        json.WriteNumber("config_retrieval_time", -1);
        json.WriteNumber("total_time", 0);
        json.WriteStartArray("logs");
        json.WriteEndArray();
        json.WriteNumber("lastrun", 0);
        json.WriteString("since_lastrun", "Unknown");
        json.WriteString("config_version", "");
        json.WriteStartObject("type_distribution");
        json.WriteEndObject();
        json.WriteStartObject("summary");
        json.WriteEndObject();
    }

    private static void WriteLogs(Utf8JsonWriter json, RunReport? report, bool wanted)
    {
        if (!wanted)
        {
            json.WriteStartObject("logs");
            json.WriteEndObject();
            return;
        }
        json.WriteStartArray("logs");
        foreach (var line in report?.Lines() ?? [])
        {
            json.WriteStartObject();
            json.WriteNumber("time_utc", line.Time);
            json.WriteNumber("time", line.Time);
            json.WriteString("level", line.Level);
            json.WriteString("source", line.Source);
            json.WriteString("msg", line.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteChanges(Utf8JsonWriter json, RunReport? report)
    {
        json.WriteStartObject("changes");
        if (report is not null) json.WriteNumber("total", report.Resources.Changed);
        json.WriteEndObject();
    }

    private static void WriteTimes(Utf8JsonWriter json, RunReport? report)
    {
        json.WriteStartObject("time");
        if (report is not null)
        {
            foreach (var (name, seconds) in report.Times) json.WriteNumber(name, seconds);
            json.WriteNumber("last_run", report.LastRun);
        }
        json.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter json, RunReport? report, ReportedResources resources)
    {
        json.WriteStartObject("resources");
        json.WriteNumber("failed", resources.Failed);
        json.WriteNumber("changed", resources.Changed);
        json.WriteNumber("corrective_change", resources.Corrective);
        json.WriteNumber("total", resources.Total);
        json.WriteNumber("restarted", 0);
        json.WriteNumber("out_of_sync", resources.OutOfSync);
        if (report is not null)
        {
            json.WriteNumber("failed_to_restart", resources.FailedToRestart);
            json.WriteNumber("scheduled", resources.Scheduled);
            json.WriteNumber("skipped", resources.Skipped);
        }
        json.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter json, RunReport? report)
    {
        json.WriteStartObject("version");
        if (report is not null)
        {
            WriteConfigVersion(json, "config", report);
            json.WriteString("puppet", report.Puppet.ToString());
        }
        json.WriteEndObject();
    }

    /// <summary>A version that nobody chose is the second of the compile, as a number; one that a site's own command gives is a text.</summary>
    private static void WriteConfigVersion(Utf8JsonWriter json, string name, RunReport report)
    {
        if (long.TryParse(report.ConfigVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var compiledAt)) json.WriteNumber(name, compiledAt);
        else json.WriteString(name, report.ConfigVersion);
    }

    private static void WriteEvents(Utf8JsonWriter json, RunReport? report)
    {
        json.WriteStartObject("events");
        if (report is not null)
        {
            var (success, failure, noop) = report.Events;
            json.WriteNumber("failure", failure);
            if (noop > 0) json.WriteNumber("noop", noop);
            json.WriteNumber("success", success);
            json.WriteNumber("total", success + failure + noop);
        }
        json.WriteEndObject();
    }

    private static void WriteApplication(Utf8JsonWriter json, RunReport? report)
    {
        if (report is not { Puppet.NamesEnvironments: true }) return;
        json.WriteStartObject("application");
        json.WriteString("run_mode", report.RunMode);
        json.WriteString("initial_environment", report.InitialEnvironment);
        json.WriteString("converged_environment", report.ConvergedEnvironment);
        json.WriteEndObject();
    }
}
