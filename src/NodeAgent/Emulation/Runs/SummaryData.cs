using System.Globalization;
using System.Text.Json;
using Orchestrator.NodeAgent.Agents;

namespace Orchestrator.NodeAgent.Emulation.Runs;

/// <summary>The answer to last_run_summary: the agent's own counts and, inside, Puppet's summary as it is.</summary>
/// <param name="Report">What the last run wrote; null where none ever did.</param>
/// <param name="ManagedResources">Resources of the last catalog that are not Puppet's own.</param>
/// <param name="Now">The node's clock, epoch seconds.</param>
internal sealed record SummaryData(RunReport? Report, int ManagedResources, long Now, bool Logs) : AgentData
{
    public override void Write(Utf8JsonWriter json)
    {
        var resources = Report?.Resources ?? default;
        json.WriteNumber("out_of_sync_resources", resources.OutOfSync);
        json.WriteNumber("failed_resources", resources.Failed);
        json.WriteNumber("corrected_resources", resources.Corrective);
        json.WriteNumber("changed_resources", resources.Changed);
        json.WriteNumber("total_resources", resources.Total);
        json.WriteNumber("config_retrieval_time", Report?.Time("config_retrieval") ?? 0);
        json.WriteNumber("total_time", Report?.Time("total") ?? 0);
        WriteLogs(json);
        json.WriteNumber("lastrun", Report?.LastRun ?? 0);
        json.WriteNumber("since_lastrun", Now - (Report?.LastRun ?? 0));
        if (Report is null) json.WriteString("config_version", "unknown");
        else WriteConfigVersion(json, "config_version", Report);
        json.WriteStartObject("type_distribution");
        if (ManagedResources > 1) json.WriteNumber("File", ManagedResources - 1);
        if (ManagedResources > 0) json.WriteNumber("Service", 1);
        json.WriteEndObject();
        json.WriteStartObject("summary");
        WriteChanges(json);
        WriteTimes(json);
        WriteResources(json, resources);
        WriteVersion(json);
        WriteEvents(json);
        WriteApplication(json);
        json.WriteEndObject();
    }

    private void WriteLogs(Utf8JsonWriter json)
    {
        if (!Logs)
        {
            json.WriteStartObject("logs");
            json.WriteEndObject();
            return;
        }
        json.WriteStartArray("logs");
        foreach (var line in Report?.Lines() ?? [])
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

    private void WriteChanges(Utf8JsonWriter json)
    {
        json.WriteStartObject("changes");
        if (Report is not null) json.WriteNumber("total", Report.Resources.Changed);
        json.WriteEndObject();
    }

    private void WriteTimes(Utf8JsonWriter json)
    {
        json.WriteStartObject("time");
        if (Report is not null)
        {
            foreach (var (name, seconds) in Report.Times) json.WriteNumber(name, seconds);
            json.WriteNumber("last_run", Report.LastRun);
        }
        json.WriteEndObject();
    }

    private void WriteResources(Utf8JsonWriter json, ReportedResources resources)
    {
        json.WriteStartObject("resources");
        json.WriteNumber("failed", resources.Failed);
        json.WriteNumber("changed", resources.Changed);
        json.WriteNumber("corrective_change", resources.Corrective);
        json.WriteNumber("total", resources.Total);
        json.WriteNumber("restarted", 0);
        json.WriteNumber("out_of_sync", resources.OutOfSync);
        if (Report is not null)
        {
            json.WriteNumber("failed_to_restart", resources.FailedToRestart);
            json.WriteNumber("scheduled", resources.Scheduled);
            json.WriteNumber("skipped", resources.Skipped);
        }
        json.WriteEndObject();
    }

    private void WriteVersion(Utf8JsonWriter json)
    {
        json.WriteStartObject("version");
        if (Report is not null)
        {
            WriteConfigVersion(json, "config", Report);
            json.WriteString("puppet", Report.Puppet.ToString());
        }
        json.WriteEndObject();
    }

    /// <summary>A version that nobody chose is the second of the compile, as a number; one that a site's own command gives is a text.</summary>
    private static void WriteConfigVersion(Utf8JsonWriter json, string name, RunReport report)
    {
        if (long.TryParse(report.ConfigVersion, NumberStyles.None, CultureInfo.InvariantCulture, out var compiledAt)) json.WriteNumber(name, compiledAt);
        else json.WriteString(name, report.ConfigVersion);
    }

    private void WriteEvents(Utf8JsonWriter json)
    {
        json.WriteStartObject("events");
        if (Report is not null)
        {
            var (success, failure, noop) = Report.Events;
            json.WriteNumber("failure", failure);
            if (noop > 0) json.WriteNumber("noop", noop);
            json.WriteNumber("success", success);
            json.WriteNumber("total", success + failure + noop);
        }
        json.WriteEndObject();
    }

    private void WriteApplication(Utf8JsonWriter json)
    {
        if (Report is not { Puppet.NamesEnvironments: true }) return;
        json.WriteStartObject("application");
        json.WriteString("run_mode", Report.RunMode);
        json.WriteString("initial_environment", Report.InitialEnvironment);
        json.WriteString("converged_environment", Report.ConvergedEnvironment);
        json.WriteEndObject();
    }
}
