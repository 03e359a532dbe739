# Completion of `kubectl-flux_status` for fish: put this file into ~/.config/fish/completions/.

function __kubectl_flux_status
    set -l words (commandline -opc)
    # Without the backslashes of a path with spaces, unless a quotation mark is still open.
    set -l typed (string unescape -- (commandline -ct))
    or set typed (commandline -ct)
    set -l answer ($words[1] __complete $words[2..-1] $typed 2>/dev/null)
    or return
    # fish expects whole words, so the --flag= before the value is added again.
    set -l begun (string match -r -- '^-.*?=' $typed)
    set -l path (string replace -r -- '^-.*?=' '' $typed)
    set -l form (string match -r -- '^[a-z]+=' $path) # of FORMAT=FILE
    set -l file (string replace -r -- '^[a-z]+=' '' $path)
    switch $answer[-1]
        case ':0'
            printf '%s\n' "$begun$form"(__fish_complete_path $file)
        case ':16'
            printf '%s\n' "$begun"(__fish_complete_directories $path)
        case '*'
            printf '%s\n' "$begun"$answer[1..-2]
    end
end

complete -c kubectl-flux_status -f -a '(__kubectl_flux_status)'
