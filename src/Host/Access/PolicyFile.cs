using Orchestrator.Domain.Access;
using Orchestrator.Host.Process;
using Orchestrator.Messages;

namespace Orchestrator.Host.Access;

/// <summary>
/// The policy of a running host. Its file is read at the start, and again when it changes: one that cannot be used, or is gone, changes nothing, and is told
/// until it is right. It goes by the contents, so that it does not matter how they were changed, and leaves a file alone that is being written.
/// </summary>
public sealed class PolicyFile : IHostedService, IReloaded, IDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger<PolicyFile> _log;
    private readonly Lock _looking = new();
    private volatile PolicyInForce _current;
    private string? _path;
    private PolicyBytes? _seen;
    private PolicyBytes? _refused;
    private ITimer? _timer;

    /// <param name="path">Null for a host without a policy.</param>
    /// <exception cref="CannotStartException">The file cannot be used, with all that is wrong with it.</exception>
    public PolicyFile(string? path, TimeProvider time, ILogger<PolicyFile> log)
    {
        (_path, _time, _log) = (path, time, log);
        var bytes = path is null ? null : PolicyBytes.Read(path);
        var (policy, problems) = bytes is null ? (Policy.Empty, []) : Parse(path!, bytes);
        if (policy is null)
            throw new CannotStartException($"the policy cannot be used: {string.Join("; ", problems)}", CannotStartException.BadConfiguration);
        _current = new PolicyInForce(policy, time.GetUtcNow(), bytes?.Digest, []);
        if (path is not null)
            TellTaken();
    }

    /// <summary>How often it looks after the file; what is there then counts once it is there twice.</summary>
    public static TimeSpan Period { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Told once another policy is in force.</summary>
    public event Action<PolicyInForce>? Changed;

    /// <summary>Told once for each state of the file that cannot be used.</summary>
    public event Action<PolicyInForce>? Refused;

    public PolicyInForce Current => _current;

    /// <summary>What keeps a host from starting with this file, a sentence each.</summary>
    public static ImmutableArray<string> ProblemsOf(string path) => Parse(path, PolicyBytes.Read(path)).Problems;

    /// <inheritdoc cref="ReloadAsync(string?)"/>
    public Task<PolicyInForce> ReloadAsync() => ReloadAsync(_path);

    /// <summary>Takes the file up as it is now: for whoever says that it is whole.</summary>
    /// <param name="path">Where it is from now on; null for a host without a policy.</param>
    /// <returns>What is in force since, and what is wrong with the file where it is not that.</returns>
    public Task<PolicyInForce> ReloadAsync(string? path) => Task.Run(() =>
    {
        lock (_looking)
        {
            var isOther = path != _path;
            if (isOther)
                (_path, _seen, _refused) = (path, null, null);
            if (path is not null)
                Take(PolicyBytes.Read(path), isOther);
            else if (isOther)
                PutInForce(Policy.Empty, null);
            return _current;
        }
    });

    /// <remarks>What is wrong with it is told where it is taken up.</remarks>
    async Task<string?> IReloaded.ReloadAsync(HostSettings settings)
    {
        await ReloadAsync(settings.Policy);
        return null;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = _time.CreateTimer(_ => Look(), null, Period, Period);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        Dispose();
        return Task.CompletedTask;
    }

    public void Dispose() => _timer?.Dispose();

    private static (Policy? Policy, ImmutableArray<string> Problems) Parse(string path, PolicyBytes bytes)
    {
        if (bytes.Problem is { } problem)
            return (null, [problem]);
        try
        {
            return (Policy.Read(bytes.Bytes, path), []);
        }
        catch (PolicyException e)
        {
            return (null, [.. e.Problems.Select(p => p.ToString())]);
        }
    }

    private void Look()
    {
        // A file on a server that does not answer keeps one look waiting, not one more every time.
        if (!_looking.TryEnter())
            return;
        try
        {
            if (_path is null)
                return;
            var bytes = PolicyBytes.Read(_path);
            if (bytes.IsSame(_seen))
                Take(bytes);
            _seen = bytes;
        }
        finally
        {
            _looking.Exit();
        }
    }

    /// <param name="isOther">It is another file than the one before, also where it has the same in it.</param>
    private void Take(PolicyBytes bytes, bool isOther = false)
    {
        if (bytes.IsSame(_refused))
            return;
        if (!isOther && bytes.Problem is null && bytes.Digest == _current.Digest)
        {
            if (_refused is not null)
                _log.LogInformation("The policy {File} is again as it is in force", _path);
            (_refused, _current) = (null, _current with { Refused = [], RefusedAt = null });
            return;
        }
        var (policy, problems) = Parse(_path!, bytes);
        if (policy is null)
        {
            (_refused, _current) = (bytes, _current with { Refused = problems, RefusedAt = _time.GetUtcNow() });
            _log.LogError("The policy {File} cannot be used, and the one that was read before stays in force: {Problems}", _path, string.Join("; ", problems));
            Tell(Refused);
            return;
        }
        PutInForce(policy, bytes.Digest);
    }

    private void PutInForce(Policy policy, string? digest)
    {
        (_refused, _current) = (null, new PolicyInForce(policy, _time.GetUtcNow(), digest, []));
        if (_path is null)
            _log.LogWarning("There is no policy any more: only the host's own user and root may use the host");
        else
            TellTaken();
        Tell(Changed);
    }

    private void TellTaken()
    {
        _log.LogInformation(
            "The policy {File} is in force: {Lines}, SHA-256 {Digest}", _path, Phrases.Count(_current.Policy.Lines.Length, "line"), _current.Digest);
        foreach (var warning in _current.Policy.Warnings)
            _log.LogWarning("{Warning}", warning);
    }

    /// <summary>The policy stays in force, whatever those who are told make of it.</summary>
    private void Tell(Action<PolicyInForce>? told)
    {
        try
        {
            told?.Invoke(_current);
        }
        catch (Exception e)
        {
            _log.LogError(e, "A change of the policy {File} could not be passed on", _path);
        }
    }
}
