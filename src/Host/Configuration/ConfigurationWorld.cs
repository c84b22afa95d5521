using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Host.Configuration;

/// <summary>What this machine is called.</summary>
/// <param name="Name">Its whole name where that can be found, else the short one.</param>
/// <param name="Domain">Its domain; null where it has none.</param>
public sealed record HostNames(string Name, string? Domain);

/// <summary>All that settings may depend on beside our own file, so that a test can be another user on another machine.</summary>
public sealed record ConfigurationWorld
{
    private static readonly TimeSpan NamePatience = TimeSpan.FromSeconds(2);

    public required Func<string, string?> Environment { get; init; }
    public required bool IsRoot { get; init; }

    /// <summary>The user's name where <c>USER</c> is not set.</summary>
    public required string UserName { get; init; }

    /// <summary>Finds out what this machine is called; may ask name servers.</summary>
    public required Func<CancellationToken, Task<HostNames>> HostNames { get; init; }

    /// <summary>A file's bytes; null where there is none. Throws as <see cref="File.ReadAllBytes"/> where it cannot be read.</summary>
    public required Func<string, byte[]?> ReadFile { get; init; }

    public required Func<string, bool> HasFolder { get; init; }

    /// <summary>The user's home; null where there is none.</summary>
    public string? Home => Environment("HOME") is { Length: > 0 } home ? home : null;

    /// <summary>The lines of another program's file; null where there is none. One that may not be read is another user's: it says nothing to us.</summary>
    public string[]? LinesOf(string file)
    {
        try
        {
            return ReadFile(file) is { } bytes ? Encoding.UTF8.GetString(bytes).Split('\n') : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>This process on this machine.</summary>
    public static ConfigurationWorld Real(Func<string, string?> environment) => new()
    {
        Environment = environment,
        IsRoot = System.Environment.IsPrivilegedProcess,
        UserName = System.Environment.UserName,
        HostNames = FindNamesAsync,
        ReadFile = path => File.Exists(path) ? File.ReadAllBytes(path) : null,
        HasFolder = Directory.Exists,
    };

    /// <summary>As Puppet finds it: the resolver's whole name, else the domain of resolv.conf.</summary>
    private static async Task<HostNames> FindNamesAsync(CancellationToken cancellationToken)
    {
        var name = Dns.GetHostName();
        if (!name.Contains('.', StringComparison.Ordinal))
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(NamePatience);
            try
            {
                var whole = (await Dns.GetHostEntryAsync(name, patience.Token)).HostName;
                if (whole.StartsWith(name + ".", StringComparison.OrdinalIgnoreCase))
                    name = whole;
            }
            catch (Exception e) when (e is SocketException or ArgumentException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // It has no name that the network knows.
            }
        }
        name = name.TrimEnd('.');
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot >= 0)
            return new HostNames(name, name[(dot + 1)..]);
        return SearchDomain() is { } domain ? new HostNames($"{name}.{domain}", domain) : new HostNames(name, null);
    }

    private static string? SearchDomain()
    {
        try
        {
            var lines = File.ReadAllLines("/etc/resolv.conf", Encoding.UTF8)
                .Select(l => l.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)).ToList();
            var line = lines.LastOrDefault(l => l is ["domain", _, ..]) ?? lines.LastOrDefault(l => l is ["search", _, ..]);
            return line?[1].Trim('.') is { Length: > 0 } domain && Uri.CheckHostName(domain) == UriHostNameType.Dns ? domain : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
