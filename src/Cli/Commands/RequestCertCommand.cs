using System.CommandLine;
using System.Text;
using System.Text.Json;
using Orchestrator.Cli.Host;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Progress;
using Orchestrator.Cli.Reports;
using Orchestrator.Cli.Text;
using Orchestrator.Messages;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>request-cert</c>: gets a fleet's certificate from the Puppet CA, or renews it. It needs no host and starts none.</summary>
internal static class RequestCertCommand
{
    /// <summary>What the host's program calls it.</summary>
    private const string Tool = "request-cert";

    private static readonly TimeSpan DefaultWait = TimeSpan.FromHours(1);
    private static readonly TimeSpan BetweenPictures = TimeSpan.FromSeconds(1);

    public static Command Build(CommandContext context)
    {
        var fleet = SiteChoices.FleetOption("the fleet whose certificate it is");
        var authority = Choices.Value("--ca", "HOST[:PORT]", "the Puppet CA [default: as configured, from SRV records, or puppet:8140]");
        var name = Choices.Value("--certname", "NAME", "the name of the certificate [default: as configured, or USER.mcollective]");
        var wait = Choices.Value("--wait", "TIME", "how long to wait until somebody signs the request [default: 1h]");
        var noWait = Choices.Flag("--no-wait", "only send the request, or fetch the certificate if it is signed");
        var pin = Choices.Value(
            "--ca-fingerprint", "SHA256", "the fingerprint that the CA's certificate must have; otherwise compare the one printed at first contact");
        var renew = Choices.Flag("--renew", "renew the certificate, even if it is valid for more than 30 days");
        var output = Choices.OutputOption(withLines: false);
        var command = new Command(
            "request-cert",
            "Get the certificate of a fleet from the Puppet CA: make a key, send a request, wait until it is signed, check and store the certificate. "
            + "Renews one that expires within 30 days. Run it again to continue; a key is never overwritten.")
        {
            fleet, authority, name, wait, noWait, pin, renew, output,
        };
        command.SetAction(async (parsed, _) =>
        {
            var form = Choices.ReadOutput(parsed, output);
            if (parsed.GetValue(noWait) && parsed.GetResult(wait) is not null)
                throw Choices.Usage("--wait and --no-wait cannot be combined: use one of them");
            var request = new EnrollmentRequest(
                Choices.ReadText(parsed, fleet), Choices.ReadText(parsed, authority), Choices.ReadText(parsed, name), Choices.ReadText(parsed, pin),
                parsed.GetValue(noWait) ? TimeSpan.Zero : Choices.ReadTime(parsed, wait, DefaultWait), parsed.GetValue(renew));
            var view = await RunAsync(request, form, context);
            var json = JsonSerializer.SerializeToUtf8Bytes(view, MessagesJson.Plain.CertificateView);
            return context.End(
                view.State == CertificateState.Requested ? ExitCodes.TimedOut : ExitCodes.Done, form, json,
                () => CertificateText.Of(view, context.Clock.GetUtcNow()));
        });
        return command;
    }

    private static async Task<CertificateView> RunAsync(EnrollmentRequest request, Output form, CommandContext context)
    {
        CertificateView? end = null;
        var isWaiting = false;
        using var waiting = new Waiting(context);
        try
        {
            await HostTool.RunAsync(
                context,
                async output =>
                {
                    using var lines = new StreamReader(output, Encoding.UTF8);
                    while (await waiting.ForAsync(lines.ReadLineAsync()) is { } line)
                    {
                        var news = CliJson.Read(Encoding.UTF8.GetBytes(line), MessagesJson.Default.CertificateNews);
                        (end, isWaiting) = (news.End ?? end, isWaiting || news.IsWaiting);
                        if (news.Text is { } text && form == Output.Text)
                        {
                            waiting.Clear();
                            context.Out.Write(Wrapped.Lines(WithWholeCommands(text), context.Out.TableWidth, "  "));
                        }
                        if (news.IsWaiting)
                            waiting.Begin();
                    }
                    waiting.Clear();
                },
                "the certificate cannot be requested", Tool, JsonSerializer.Serialize(request, MessagesJson.Plain.EnrollmentRequest));
        }
        catch (OperationCanceledException) when (context.Interrupted.IsCancellationRequested)
        {
            throw new CommandFailedException(
                (isWaiting ? "interrupted: the request stays with the CA" : "interrupted") + "; the same command continues", ExitCodes.Interrupted);
        }
        catch (Terminal.OutputClosedException e)
        {
            throw new CommandFailedException($"{e.Message}; the same command continues", ExitCodes.Interrupted);
        }
        return end ?? throw new CommandFailedException("the host's program ended without an answer", ExitCodes.Failed);
    }

    /// <summary>What stands in quotation marks stays on one line, as far as there is room.</summary>
    private static string WithWholeCommands(string text) =>
        string.Join('"', text.Split('"').Select((part, i) => i % 2 == 0 ? part : Wrapped.Together(part)));

    /// <summary>How long somebody has been waited for, on a terminal alone: on its last line, which the next words take.</summary>
    private sealed class Waiting(CommandContext context) : IDisposable
    {
        private readonly LiveScreen? _screen = context.Error.CanRedraw ? new LiveScreen(context.Error) : null;
        private long? _begin;

        public void Begin() => _begin ??= context.Clock.GetTimestamp();

        public async Task<T> ForAsync<T>(Task<T> work)
        {
            if (_screen is not null && _begin is { } begin)
            {
                while (!work.IsCompleted)
                {
                    var waited = Durations.Whole(context.Clock.GetElapsedTime(begin));
                    _screen.Draw([new Line(new Span($"Waiting until it is signed ({waited}); Ctrl-C stops waiting, the same command continues.", Tone.Faint))]);
                    await Task.WhenAny(work, Task.Delay(BetweenPictures, context.Clock));
                }
            }
            return await work;
        }

        public void Clear()
        {
            _screen?.Clear();
            _screen?.Leave();
        }

        public void Dispose() => Clear();
    }
}
