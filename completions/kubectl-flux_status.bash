# Completion of `kubectl-flux_status` for bash: source this file, or put it as
# kubectl-flux_status into ~/.local/share/bash-completion/completions/.

_kubectl_flux_status() {
    local answer begun glued='' word words=()
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
    case ${answer##*:} in
    0) compopt -o default 2>/dev/null && return ;;
    6) compopt -o nospace 2>/dev/null ;;
    16) compopt -o dirnames 2>/dev/null && return ;;
    esac
    # The part before the last : is already on the line.
    begun=${words[${#words[@]} - 1]}
    begun=${begun#-*=}
    begun=${begun%"${begun##*:}"}
    while IFS=$'\t' read -r word _; do
        [[ $word == :* ]] || COMPREPLY+=("${word#"$begun"}")
    done <<<"$answer"
}

complete -F _kubectl_flux_status kubectl-flux_status
