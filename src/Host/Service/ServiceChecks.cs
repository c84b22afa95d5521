using Orchestrator.Host.Configuration;
using Orchestrator.Host.Process;
using Orchestrator.StateFolders;

namespace Orchestrator.Host.Service;

/// <summary>Looks at what a service's options name: files, folders, a group. Changes nothing.</summary>
public static class ServiceChecks
{
    private const int LongestSocketPath = 107;
    private const uint Folder = 0x4000;
    private const uint WritableByOthers = 0b000_010_010;

    /// <summary>What keeps the service from starting, each a sentence.</summary>
    /// <param name="world">With the options in its environment, see <see cref="HostConfiguration.Over"/>.</param>
    /// <param name="outOfDate">Gets what does not keep it from starting and serves nobody: files that are out of date.</param>
    public static ImmutableArray<string> Problems(HostSettings settings, ConfigurationWorld world, DateTimeOffset now, ICollection<string> outOfDate)
    {
        var problems = ImmutableArray.CreateBuilder<string>();
        if (StateFolder.Locate(world.Environment, out var unlocated) is { } state)
            Add(StateFolderGuard.ProblemOfFolder(state) ?? StateFolderGuard.ProblemOfFiles(state) ?? ProblemOfState(state.Path));
        else
            Add(unlocated);
        if (settings.Socket is { } socket)
            Add(ProblemOfSocket(socket));
        if (settings.SocketGroup is { } group && Posix.GroupOf(group) is null)
            Add($"socket-group: there is no group {group} on this machine");
        if (settings.Listen is not null)
        {
            foreach (var old in TlsMaterial.Read(settings, problems)?.OutOfDate(now) ?? [])
                outOfDate.Add(old);
        }
        try
        {
            ConfigurationFile.Read(world);
        }
        catch (ConfigurationException e)
        {
            problems.AddRange(e.Problems);
        }
        return problems.ToImmutable();

        void Add(string? problem)
        {
            if (problem is not null)
                problems.Add(problem);
        }
    }

    /// <summary>The folder, or where it is missing the nearest one above it, in which it would be made.</summary>
    private static string? ProblemOfState(string path)
    {
        for (var at = path; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Directory.Exists(at))
                return Posix.MayWriteIn(at) ? null : $"state: this user cannot write in {at}";
            if (Path.Exists(at))
                return $"state: {at} is not a folder";
        }
        return null;
    }

    private static string? ProblemOfSocket(string socket)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(SocketPlace.NewOf(socket)) > LongestSocketPath)
            return $"socket: {socket} is too long a path for a socket: use a shorter one";
        var folder = Path.GetDirectoryName(socket);
        return folder is null || FileStatus.Of(folder) is not { Type: Folder } found ? $"socket: {folder} is not a folder: create it"
            : (found.Mode & WritableByOthers) != 0 ? $"socket: others can write in {folder}, and so replace the socket: close it with chmod go-w"
            : Posix.MayWriteIn(folder) ? null
            : $"socket: this user cannot write in {folder}";
    }
}
