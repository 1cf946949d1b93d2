// Completions of the command line, for the shells that people use.

enum Completions {
  static func run(_ shell: String) -> Int32 {
    let verbs = Command.verbs.sorted().joined(separator: " ")
    switch shell {
    case "bash":
      Terminal.write(
        """
        _dls() {
          local word=${COMP_WORDS[COMP_CWORD]}
          if [[ $COMP_CWORD -eq 1 ]]; then COMPREPLY=($(compgen -W "\(verbs)" -- "$word") $(compgen -f -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
        }
        complete -o filenames -F _dls dls

        """)
    case "zsh":
      Terminal.write("#compdef dls\n_arguments '1: :(\(verbs))' '*:file:_files'\n")
    case "fish":
      Terminal.write("complete -c dls -n __fish_use_subcommand -a '\(verbs)'\n")
    default: return Command.misuse("completions are there for bash, zsh and fish")
    }
    return 0
  }
}
