using System.Security.Cryptography;
using Orchestrator.Messages;

namespace Orchestrator.Actors.Deployments;

/// <summary>Draws the ids of deployments.</summary>
public static class DeploymentIds
{
    /// <summary>Letters and digits that nobody mistakes for each other: no i, l, o, 0 and 1.</summary>
    private const string Characters = "abcdefghjkmnpqrstuvwxyz23456789";

    private const int Length = 8;

    /// <summary>An id that no deployment has.</summary>
    public static DeploymentId New() => new(RandomNumberGenerator.GetString(Characters, Length));
}
