using System.CommandLine;
using Orchestrator.NodeAgent.Emulation.Network;

var root = new RootCommand(
    """
    The node's side of the orchestrator: emulated nodes for trials and load.

    Example:
      orchestrator-node emulate --nodes 'dev[1-4].example.net' --broker localhost:4222 --ssl-dir ssl --certname dev1.example.net
    """)
{
    EmulateCommand.Build(),
};
return await root.Parse(args).InvokeAsync();
