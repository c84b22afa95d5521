using System.Globalization;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Api;
using Orchestrator.Puppet.Connecting;

namespace Orchestrator.Host.Planning;

/// <summary>
/// Makes plans of the sites that requests bring, each on a thread of its own and no more at once than there are processors:
/// a large or odd site keeps neither the API nor the actors from their threads.
/// </summary>
public sealed class SitePlanning(HostSettings settings, SiteSources sources, TimeProvider time)
{
    /// <summary>Room for the deepest document that the reader takes, whatever the system gives a thread.</summary>
    private const int StackBytes = 16 << 20;

    /// <summary>Each keeps its document meanwhile.</summary>
    private const int MostWaiting = 50;

    private readonly BoundedPlaces _places = new("plan another site", Environment.ProcessorCount, MostWaiting, TimeSpan.FromSeconds(30), time);

    /// <summary>
    /// The site's plan, or all its problems; <paramref name="toRun"/> where the plan is to be run and not only shown, without nodes only with
    /// <paramref name="allowEmpty"/>. A plan of up to <paramref name="edges"/> nodes has its edges too.
    /// </summary>
    /// <exception cref="OverloadedException">Too many are planned at once.</exception>
    /// <exception cref="LimitReachedException">Too many sites of the caller wait.</exception>
    /// <exception cref="SiteTooLargeException">The document is larger than the host's settings allow.</exception>
    /// <exception cref="PuppetUnreachableException">The server that the site comes from cannot be asked, or does not answer.</exception>
    public Task<PlanResult> PlanAsync(PlanRequest request, CancellationToken cancellationToken, bool toRun = false, bool allowEmpty = false, int edges = 0)
    {
        var question = new PlanQuestion(request.Instances, request.Environment, toRun, allowEmpty)
        {
            Nodes = request.Nodes ?? [],
            Exclude = request.Exclude ?? [],
        };
        return OnItsThreadAsync(
            request,
            reading =>
            {
                var result = Planner.Plan(reading, question);
                return result is PlanResult.Planned { Plan: var plan } && plan.NodeCount <= edges
                    ? new PlanResult.Planned(plan with { Edges = PlanEdges.Of(reading.Site!, plan) })
                    : result;
            },
            cancellationToken);
    }

    /// <summary>The site as a site file of which the same plan is made; null beside the problems of one that cannot be planned.</summary>
    /// <exception cref="OverloadedException">Too many are planned at once.</exception>
    /// <exception cref="LimitReachedException">Too many sites of the caller wait.</exception>
    /// <exception cref="SiteTooLargeException">The document is larger than the host's settings allow.</exception>
    /// <exception cref="PuppetUnreachableException">The server that the site comes from cannot be asked, or does not answer.</exception>
    public Task<(byte[]? File, PlanResult Result)> WriteFileAsync(PlanRequest request, CancellationToken cancellationToken) =>
        OnItsThreadAsync(
            request,
            reading =>
            {
                var result = Planner.Plan(reading, new PlanQuestion([], request.Environment));
                return (result is PlanResult.Planned { Plan: var plan } ? SiteFile.Write(reading.Site!, plan.Environment) : null, result);
            },
            cancellationToken);

    private async Task<T> OnItsThreadAsync<T>(PlanRequest request, Func<SiteReading, T> use, CancellationToken cancellationToken)
    {
        var read = request.Source is { } source
            ? await sources.AskAsync(source, request.Environment, cancellationToken)
            : ReaderOf(request.Document!, request.Name);
        using var place = await _places.EnterAsync(cancellationToken);
        var used = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            new Thread(Run, StackBytes) { IsBackground = true, Name = "planning" }.Start();
        }
        catch (OutOfMemoryException)
        {
            throw new OverloadedException("the system does not let the host start a thread to plan the site: try again later");
        }
        return await used.Task;

        Func<SiteReading> ReaderOf(byte[] document, string name) => document.LongLength <= settings.LargestSite
            ? () => SiteReader.Read(document, name)
            : throw new SiteTooLargeException(name, document.LongLength, settings.LargestSite);

        void Run()
        {
            try
            {
                used.SetResult(use(read()));
            }
            catch (Exception e)
            {
                used.SetException(e);
            }
        }
    }
}

/// <summary>The site is larger than <see cref="HostSettings.LargestSite"/>. The message is a sentence for users.</summary>
public sealed class SiteTooLargeException(string name, long bytes, long most) : Exception(string.Create(
    CultureInfo.InvariantCulture,
    $"{name} is {bytes / 1048576.0:0.0} MiB, and this host plans at most {most >> 20} MiB: split the site, or raise ORCHESTRATOR_SITE_MEGABYTES {Costs}"))
{
    private const string Costs = "(it takes 20 times the memory)";
}
