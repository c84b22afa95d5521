using System.CommandLine;
using Orchestrator.Cli.Parsing;
using Orchestrator.Cli.Text;
using Orchestrator.Messages.Api;

namespace Orchestrator.Cli.Commands;

/// <summary><c>completion</c>: scripts that let a shell ask the command itself what may come next, so that they never grow old.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _orchestrator() {
            local current="${COMP_WORDS[COMP_CWORD]}" line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
            COMPREPLY=($(compgen -W "$(orchestrator "[suggest:${#line}]" "$line" 2>/dev/null)" -- "$current"))
        }
        complete -o bashdefault -o default -F _orchestrator orchestrator
        """;

    private const string Zsh = """
        #compdef orchestrator
        _orchestrator() {
            local line="${BUFFER[1,CURSOR]}"
            local -a suggestions
            suggestions=("${(@f)$(orchestrator "[suggest:${#line}]" "$line" 2>/dev/null)}")
            compadd -- ${suggestions:#}
            _files
        }
        if [ "$funcstack[1]" = _orchestrator ]; then _orchestrator; else compdef _orchestrator orchestrator; fi
        """;

    private const string Fish = """
        function __orchestrator_suggestions
            set -l line (commandline --cut-at-cursor)
            orchestrator "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete --command orchestrator --arguments '(__orchestrator_suggestions)'
        """;

    public static Command Build(CommandContext context)
    {
        var shell = new Argument<string?>("SHELL") { Arity = ArgumentArity.ExactlyOne, Description = "bash, zsh or fish" };
        shell.CompletionSources.Add("bash", "zsh", "fish");
        var command = new Command("completion", "Print a shell completion script.") { shell };
        command.SetAction(parsed =>
        {
            var script = Choices.ReadArgument(parsed, shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                "fish" => Fish,
                var other => throw Choices.Usage($"SHELL must be one of bash, zsh, fish, not \"{other}\""),
            };
            return context.End(ExitCodes.Done, () => script.Split('\n').Select(line => new Line(line)));
        });
        return command;
    }
}
