export const SHELLS = ["bash", "zsh", "fish"] as const;

/**
 * Each script calls `pubsub __complete WORD…` with the words up to the cursor, of which the last may be empty. The command
 * prints one candidate a line, with its description after a tab, or `:files` where the name of a file belongs. The
 * scripts know nothing else, so that they need not be renewed with the commands.
 */
export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = {
  bash: `# pubsub completion bash >> ~/.bashrc
_pubsub() {
  local line current="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _pubsub pubsub`,
  zsh: `#compdef pubsub
# pubsub completion zsh > ~/.zfunc/_pubsub, where fpath has ~/.zfunc
_pubsub() {
  local line
  local -a described
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      _files
    else
      described+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#described} )) && _describe pubsub described
}
if [[ $funcstack[1] == _pubsub ]]; then _pubsub "$@"; else compdef _pubsub pubsub; fi`,
  fish: `# pubsub completion fish > ~/.config/fish/completions/pubsub.fish
function __pubsub_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c pubsub -f -a '(__pubsub_complete)'`,
};
