using System.Globalization;
using Orchestrator.Domain.Plans;
using Orchestrator.Domain.Sites;
using Orchestrator.Host.Process;
using Orchestrator.Messages.Api;

namespace Orchestrator.Host.Planning;

/// <summary>
/// Makes plans of the sites that requests bring, each on a thread of its own and no more at once than there are processors:
/// a large or odd site keeps neither the API nor the actors from their threads.
/// </summary>
public sealed class SitePlanning(HostSettings settings, TimeProvider time) : IDisposable
{
    /// <summary>Room for the deepest document that the reader takes, whatever the system gives a thread.</summary>
    private const int StackBytes = 16 << 20;

    private readonly BoundedPlaces _places = new("plan another site", Environment.ProcessorCount, TimeSpan.FromSeconds(30), time);

    /// <summary>
    /// The site's plan, or all its problems; <paramref name="toRun"/> where the plan is to be run and not only shown, without nodes only with
    /// <paramref name="allowEmpty"/>.
    /// </summary>
    /// <exception cref="OverloadedException">Too many are planned at once.</exception>
    /// <exception cref="SiteTooLargeException">The document is larger than the host's settings allow.</exception>
    public async Task<PlanResult> PlanAsync(PlanRequest request, CancellationToken cancellationToken, bool toRun = false, bool allowEmpty = false)
    {
        if (request.Document.LongLength > settings.LargestSite)
            throw new SiteTooLargeException(request.Name, request.Document.LongLength, settings.LargestSite);
        using var place = await _places.EnterAsync(cancellationToken);
        var planned = new TaskCompletionSource<PlanResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var question = new PlanQuestion(request.Instances, request.Environment, toRun, allowEmpty)
        {
            Nodes = request.Nodes ?? [],
            Exclude = request.Exclude ?? [],
        };
        try
        {
            new Thread(() => Run(request, question, planned), StackBytes) { IsBackground = true, Name = "planning" }.Start();
        }
        catch (OutOfMemoryException)
        {
            throw new OverloadedException("the system does not let the host start a thread to plan the site: try again later");
        }
        return await planned.Task;
    }

    public void Dispose() => _places.Dispose();

    private static void Run(PlanRequest request, PlanQuestion question, TaskCompletionSource<PlanResult> planned)
    {
        try
        {
            planned.SetResult(Planner.Plan(SiteReader.Read(request.Document, request.Name), question));
        }
        catch (Exception e)
        {
            planned.SetException(e);
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
