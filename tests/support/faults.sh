# shellcheck shell=sh
# Read by the scripts of faults: a directory of their own to work in, and no test where the library cannot be preloaded.
AGENTFLOW_SHARE=${top:?run by tests/run}/share
export AGENTFLOW_SHARE
# shellcheck source=tests/support/tap.sh
. "$top/tests/support/tap.sh"
work=$(mktemp -d "${TMPDIR:-/tmp}/fault.XXXXXX") || exit 71
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 71

# needs_faults PROGRAM: skip it all where the program does not start under the library (as under AddressSanitizer).
needs_faults() {
	LD_PRELOAD=$BUILD/fault/fault.so "$BUILD/bin/$1" --version >/dev/null 2>why && return 0
	echo "ok 1 - $1 under faults # SKIP the library cannot be preloaded here: $(head -n 1 why)"
	echo 1..1
	exit 0
}
