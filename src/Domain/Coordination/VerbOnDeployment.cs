using Orchestrator.Domain.Deployments.Deciding;
using Orchestrator.Messages;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Domain.Coordination;

/// <summary>A verb on a deployment. Answered once, by <see cref="CoordinatorProtocol.Done"/> or <see cref="CoordinatorProtocol.Denied"/>.</summary>
public sealed record VerbOnDeployment(DeploymentId Id, DeploymentCommand.ByPerson Command);
