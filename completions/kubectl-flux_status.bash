# Completion of `kubectl-flux_status` for bash: source this file, or put it as
# kubectl-flux_status into ~/.local/share/bash-completion/completions/.

_kubectl_flux_status() {
    local answer begun end='' glued='' word words=()
    # bash splits words at = and :; join them again.
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ $word == [=:] || $glued ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        glued=''
        [[ $word == [=:] ]] && glued=yes
    done
    answer=$("${COMP_WORDS[0]}" __complete "${words[@]}" 2>/dev/null) || return
    COMPREPLY=()
    # The part before the last : is already on the line.
    begun=${words[${#words[@]} - 1]}
    begun=${begun#-*=}
    case ${answer##*:} in
    0) compopt -o default 2>/dev/null || _kubectl_flux_status_files -f "${begun#*=}" && return ;;
    16) compopt -o dirnames 2>/dev/null || _kubectl_flux_status_files -d "${begun#*=}" && return ;;
    6) compopt -o nospace 2>/dev/null ;;
    *) type compopt >/dev/null 2>&1 || end=' ' ;;
    esac
    begun=${begun%"${begun##*:}"}
    while IFS=$'\t' read -r word _; do
        [[ $word == :* ]] || COMPREPLY+=("${word#"$begun"}$end")
    done <<<"$answer"
}

# bash 3.2, which macOS has, has no compopt: it gets files as words, and each blank as part of a word.
_kubectl_flux_status_files() {
    local word
    while IFS= read -r word; do
        [[ -d $word ]] && word+=/
        printf -v word %q "$word"
        [[ $word == */ ]] || word+=' '
        COMPREPLY+=("$word")
    done < <(compgen "$1" -- "$2")
}

if type compopt >/dev/null 2>&1; then
    complete -F _kubectl_flux_status kubectl-flux_status
else
    complete -o nospace -F _kubectl_flux_status kubectl-flux_status
fi
