// The command line of Flux, as a list of tools: tests/cluster builds it.
module kubectl-flux-status/tests/cluster/tools/flux

go 1.27.0

tool github.com/fluxcd/flux2/v2/cmd/flux

require github.com/fluxcd/flux2/v2 v2.9.4
