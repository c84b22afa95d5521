using Akka.TestKit.Xunit2;

namespace Orchestrator.Actors.Tests;

/// <summary>A test kit whose waits are for what hangs, not for what is slow: a machine under load may take a minute.</summary>
public abstract class PatientTestKit(string hocon = "") : TestKit($$"""
    {{hocon}}
    akka {
      logger-startup-timeout = 60s
      test { single-expect-default = 60s, default-timeout = 60s, filter-leeway = 60s }
    }
    """)
{
    /// <summary>A scheduler that stands still until a test lets its time pass.</summary>
    protected const string InVirtualTime = "akka.scheduler.implementation = \"Akka.TestKit.TestScheduler, Akka.TestKit\"\n";
}
