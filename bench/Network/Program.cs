using System.Globalization;
using Orchestrator.Network.Bench;

// What the network costs: the reading of replies, and whole deployments, over a real broker with mutual TLS.
CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
switch (args.FirstOrDefault())
{
    case "replies":
        await Replies.MeasureAsync(Number(1, 2000), TimeSpan.FromSeconds(Number(2, 10)));
        return 0;
    case "deployment":
        return await Deployment.MeasureAsync(Number(1, 5000), TimeSpan.FromSeconds(Number(2, 0)));
    default:
        Console.WriteLine("replies [NODES [SECONDS]], or deployment [NODES [RUN SECONDS]]: see README.md");
        return 2;
}
