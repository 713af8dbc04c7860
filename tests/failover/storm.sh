# shellcheck shell=sh
# Read by the storms: a mock in a directory of its own, requests of all kinds, and what must hold of all that is written of them.
# STORM_REQUESTS, STORM_SEEDS: a longer one. STORM_KEEP: where to leave what was written.

# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
PATH=${BUILD:?}/bin:$PATH
AGENTFLOW_SHARE=$top/share
export PATH AGENTFLOW_SHARE
work=$(mktemp -d "${TMPDIR:-/tmp}/storm.XXXXXX") || exit 71
trap 'exit 130' INT TERM
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 71

storm_mock() { # OPTIONS...: a mock, in place of the one that there is
	# shellcheck disable=SC2086 # a word each
	[ -z "${mock_pids:-}" ] || { kill $mock_pids; wait $mock_pids; } 2>/dev/null
	mock_pids=
	mock_start "$@"
	trap 'kill $mock_pids 2>/dev/null; wait $mock_pids 2>/dev/null; rm -rf "$work"' EXIT
}

# requests SEED COUNT
requests() {
	jq -nc --argjson seed "$1" --argjson n "$2" 'def chance($i; $k): (($i * 7919 + $seed * 104729 + $k * 1299709) * 2654435 % 1000003) / 1000003;
		range($n) as $i | {id: "r\($i)", prompt: "say \($i)", tags: {after: ["fail", "restart", "continue"][chance($i; 1) * 3 | floor], n: $i}} +
		{options: ({stream: (chance($i; 2) < 0.75), maxTokens: 300} + if chance($i; 3) < 0.3 then {reasoning: "low"} else {} end)} +
		if chance($i; 4) < 0.15 then {tools: [{name: "look", description: "Look.", inputSchema: {type: "object", properties: {at: {type: "string"}}}}]} else {} end'
}

fits() { # KIND: lines that its schema refuses
	jq -c --arg kind "$1" 'select(.type == $kind)' out.ndjson >"$1.ndjson"
	json-validate -t -q --schema "$top/share/schemas/$1.schema.json" "$1.ndjson" 2>&1 | head -n 3
}

# holds ORDERED STATUS: a line for each thing that must not be, of in.ndjson, out.ndjson, err and how it ended
holds() {
	jq -nr --slurpfile requests in.ndjson --argjson ordered "$1" -f "$top/tests/failover/storm.jq" out.ndjson 2>&1 | head -n 20
	fits response
	fits chunk
	grep -n '"a[0-9]*\.[0-9]*"' out.ndjson err | head -n 3
	want=$(jq -n '[inputs | select(.type == "response")] as $all | [$all[] | select(.ok | not).error] |
		if length == 0 then 0
		elif all(.[]; .kind | IN("rate_limit", "overloaded", "server", "timeout", "network", "truncated", "protocol")) then 75
		elif all(.[]; .kind | IN("quota", "auth", "permission", "policy", "budget")) then 77 else 1 end' out.ndjson)
	[ "$2" = "$want" ] || echo "status $2, not $want"
}

storm_end() {
	[ -z "${STORM_KEEP:-}" ] || cp -r "$work" "$STORM_KEEP"
	tap_end
}
