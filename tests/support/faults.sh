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
	faulty=$1
	LD_PRELOAD=$BUILD/fault/fault.so "$BUILD/bin/$1" --version >/dev/null 2>why && return 0
	echo "ok 1 - $1 under faults # SKIP the library cannot be preloaded here: $(head -n 1 why)"
	echo 1..1
	exit 0
}

# Each says in a line what is not so of the run that left $rc, out and err, or nothing.
# is_told STATUS WORDS: it ended so, and one line with the words is all that it says.
is_told() {
	# shellcheck disable=SC2154 # the test's call has set rc and fault
	[ "$rc" = "$1" ] && [ "$(wc -l <err)" = 1 ] && grep -q "^$faulty: .*$2" err ||
		echo "FAULT=$fault: status $rc, not $1 and one line with '$2': $(cat err)"
}
has_whole_lines() {
	[ ! -s out ] || [ "$(tail -c 1 out | od -An -c)" = '  \n' ] || echo "FAULT=$fault: the last line is cut"
	jq -e type out >/dev/null || [ ! -s out ] || echo "FAULT=$fault: what was written is no JSON"
}
