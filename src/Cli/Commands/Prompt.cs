using System.Text;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;
using Orchestrator.Messages.Deployments;

namespace Orchestrator.Cli.Commands;

/// <summary>Asks a person whether a plan is to be run.</summary>
internal static class Prompt
{
    private const int MostQuestions = 3;

    /// <summary>True for yes, false for no. Throws <see cref="CommandFailedException"/> where nobody answers.</summary>
    /// <param name="surroundings">Where the person is.</param>
    /// <param name="screen">Where the question is put.</param>
    /// <param name="options">What the question is about: says what a failure would mean.</param>
    public static async Task<bool> ConfirmAsync(Surroundings surroundings, Screen screen, DeploymentOptions options)
    {
        if (!surroundings.InIsTerminal)
            throw Choices.Usage("there is nobody to ask whether to run this plan: say --yes to run it without a question");
        screen.Write(Consequences(options));
        using var reader = new StreamReader(surroundings.In, Encoding.UTF8, false, 256, leaveOpen: true);
        for (var asked = 0; asked < MostQuestions; asked++)
        {
            screen.Ask("Are you sure you wish to run this plan? (y/n)");
            var answer = await Task.Run(reader.ReadLine, surroundings.Interrupted).WaitAsync(surroundings.Interrupted);
            if (answer is null)
                screen.Write(Line.Empty);
            switch (answer?.Trim().ToUpperInvariant())
            {
                case "Y" or "YES":
                    return true;
                case "N" or "NO":
                    return false;
                case null:
                    asked = MostQuestions;
                    break;
            }
        }
        throw new CommandFailedException("the question was not answered by y or n: nothing was started", ExitCodes.Usage);
    }

    /// <summary>What the person should know before the answer.</summary>
    public static IEnumerable<Line> Consequences(DeploymentOptions options)
    {
        if (options.Noop)
            yield return "Puppet only reports what it would change (--noop).";
        if (options.OnFailure == OnFailure.Release)
        {
            yield return "If a node fails, the deployment stops and all nodes are enabled again: each";
            yield return "node's own Puppet then applies what the server serves, in no order of ours.";
        }
        else
        {
            yield return "If a node fails, the deployment stops and all nodes stay disabled, for people";
            yield return "to look, until orchestrator release.";
        }
    }
}
