using Orchestrator.NodeAgent.Agents;


namespace Orchestrator.RealPuppet.Tests;

/// <summary>
/// Somebody else's run on a node, launched at an offset from the moment at which a deployment first enables the node. One before that moment is
/// launched by when it is expected: the node takes its time to disable itself, where the launch is to come even before that.
/// </summary>
internal sealed class Interleaving
{
    /// <summary>How long a deployment lets a disabled node settle, here.</summary>
    public static readonly TimeSpan Settle = TimeSpan.FromSeconds(1.5);

    /// <summary>What lies between disabled and enabled besides: the node is read twice, events are written.</summary>
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(0.2);

    private const string Foreign = "file { \"${dir}/applied\": content => 'by somebody else' }\n";
    private readonly RealNode _node;
    private readonly Other _other;
    private readonly TimeSpan _offset;
    private readonly TaskCompletionSource _launched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _due;
    private int _seen;

    /// <param name="node">Where.</param>
    /// <param name="other">Who else runs, and how.</param>
    /// <param name="offset">From our enable to the launch.</param>
    public Interleaving(RealNode node, Other other, TimeSpan offset)
    {
        (_node, _other, _offset) = (node, other, offset);
        node.Takes = Takes;
        node.Carried = Carried;
    }

    /// <summary>When the node was first enabled; null where it never was.</summary>
    public long? EnabledAt { get; private set; }

    /// <summary>When the other's run was launched; null where it was not.</summary>
    public long? LaunchedAt { get; private set; }

    /// <summary>The offset as it was in the end, seconds: the other's run may have kept the node from being enabled. Null where it never was.</summary>
    public double? Offset => EnabledAt is { } enabled && LaunchedAt is { } launched ? TimeProvider.System.GetElapsedTime(enabled, launched).TotalSeconds : null;

    /// <summary>Until it was launched, where it is going to be.</summary>
    public Task LaunchedAsync() => _due == 0 ? Task.CompletedTask : _launched.Task;

    private TimeSpan Takes(AgentAction action)
    {
        var early = -_offset - Settle - Between;
        if (action != AgentAction.Disable || early <= TimeSpan.Zero || Interlocked.Exchange(ref _due, 1) == 1)
            return TimeSpan.Zero;
        Launch();
        return early;
    }

    private void Carried(AgentAction action)
    {
        var after = action switch
        {
            AgentAction.Disable when _offset < TimeSpan.Zero => _offset + Settle + Between,
            AgentAction.Enable when _offset >= TimeSpan.Zero => _offset,
            _ => (TimeSpan?)null,
        };
        if (action == AgentAction.Enable && Interlocked.Exchange(ref _seen, 1) == 0)
            EnabledAt = TimeProvider.System.GetTimestamp();
        if (after is { } wait && Interlocked.Exchange(ref _due, 1) == 0)
            _ = LaunchAsync(wait);
    }

    private async Task LaunchAsync(TimeSpan after)
    {
        await Task.Delay(after);
        try
        {
            Launch();
        }
        catch (Exception e)
        {
            _launched.SetException(e);
        }
    }

    private void Launch()
    {
        LaunchedAt = TimeProvider.System.GetTimestamp();
        switch (_other)
        {
            case Other.Apply: _node.Apply(Foreign); break;
            case Other.FailingApply: _node.Apply(Foreign + "exec { '/bin/false': }"); break;
            case Other.Tags: _node.Start("--tags", "nosuchtag"); break;
            case Other.Noop: _node.Start("--noop"); break;
            case Other.Staging: _node.Start("--environment", "staging"); break;
            case Other.Full: _node.Start(); break;
            case Other.Daemon: _node.WakeDaemon(); break;
            default: throw new InvalidOperationException($"{_other} runs nothing");
        }
        _launched.SetResult();
    }
}
