using System.Net.Sockets;

namespace Orchestrator.Web.Tests;

/// <summary>A host of its own, and <c>orchestrator web</c> as a process.</summary>
public sealed class OpenedPage : IAsyncDisposable
{
    private bool _isClosed;

    private OpenedPage(Sandbox sandbox, RunningCommand command, Uri address) => (Sandbox, Command, Address) = (sandbox, command, address);

    public Sandbox Sandbox { get; }

    public RunningCommand Command { get; }

    /// <summary>With the token.</summary>
    public Uri Address { get; }

    public Uri Root => new(Address, "/");

    /// <summary>A host that ends five seconds after its last client.</summary>
    public static Sandbox Host() => new(("ORCHESTRATOR_IDLE_SECONDS", "5"));

    public static async Task<OpenedPage> OfAsync(Sandbox sandbox)
    {
        var command = sandbox.Start("web", "--no-browser");
        try
        {
            await command.SaysAsync("\n");
            return new OpenedPage(sandbox, command, new Uri(command.Output.Trim()));
        }
        catch
        {
            await command.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether anybody listens at the page's port.</summary>
    public async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(Address.Host, Address.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Ends the command.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isClosed)
            await Command.DisposeAsync();
        _isClosed = true;
    }
}
