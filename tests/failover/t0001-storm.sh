#!/bin/sh
# Requests by the hundred through weather of every kind: what the reader gets must hold together, whatever became of the attempts.
# STORM_REQUESTS, STORM_SEEDS: a longer one.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
PATH=${BUILD:?}/bin:$PATH
AGENTFLOW_SHARE=$top/share
export PATH AGENTFLOW_SHARE
work=$(mktemp -d "${TMPDIR:-/tmp}/storm.XXXXXX") || exit 71
trap 'exit 130' INT TERM
cd "$work" || exit 71

words() { # PROVIDER COUNT
	jq -nr --arg p "$1" --argjson n "$2" '[range($n) | "\($p)\(.)"] | join(" ")'
}

{
	echo 'defaults: {ttft: 1ms, ttftP99: 60ms}'
	echo 'answers:'
	while read -r provider two; do
		text=$(words "$two" 40)
		while read -r share fault; do
			echo "  - {provider: $provider, when: {share: $share}, text: '$text', reasoning: '$two thinks', $fault}"
		done <<-FAULTS
			0.04 error: {status: 500}
			0.04 error: {status: 429, retryAfter: 0.05s}
			0.02 error: {status: 429, retryAfter: 20s}
			0.03 error: {status: 529, midStream: true}
			0.03 fault: "cut@head"
			0.03 fault: "cut@token"
			0.04 fault: "cut@700"
			0.05 fault: "cut@2500"
			0.04 fault: "cut@4100"
			0.04 fault: "reset@1900"
			0.02 fault: "stall@head"
			0.03 fault: "stall@2100"
			0.03 fault: "garbage@3000"
			0.02 fault: "bad-chunk@2000"
			0.02 fault: "no-end"
			0.02 fault: "stride@7"
			0.01 fault: "html@502"
			0.01 fault: "empty"
			0.03 perTokenDelay: 4ms
			0.02 error: {status: 401}
		FAULTS
		echo "  - {provider: $provider, when: {tool: look}, toolCalls: [{name: look, arguments: {at: $two}}], fault: 'cut@600:p=0.3'}"
		echo "  - {provider: $provider, text: '$text', reasoning: '$two thinks'}"
	done <<-PROVIDERS
		openai oa
		anthropic an
		gemini ge
		ollama ol
	PROVIDERS
} >script.yaml
cat >calm.yaml <<-'END'
	version: 1
	deadline: 4s
	maxLatencyMs: 700
	maxTtftMs: 300
	retries: 1
	backoff: {base: 10ms, max: 100ms, budget: 100%}
	breaker: {cooldown: 200ms, maxCooldown: 400ms}
	aliases: {all: [openai:gpt-4o, anthropic:claude-haiku-4-5, gemini:gemini-2.5-flash, openai:gpt-4o-mini]}
	routes:
	  - {name: fails, when: .tags.after == "fail", use: all, afterOutput: fail, hedge: {afterMs: 25, max: 2}}
	  - {name: restarts, when: .tags.after == "restart", use: all, afterOutput: restart, hedge: {afterMs: 25, max: 1}}
	  - {name: goes on, when: .tags.after == "continue", use: all, afterOutput: continue}
	fallback: {local: "ollama:llama3.2"}
END
{ cat calm.yaml && echo 'guards: [{name: fives, on: output, pattern: "5 ", action: redact, replace: "5 "}, {name: ge, on: output, pattern: "ge7", action: block}]'; } >guarded.yaml

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

storm() { # POLICY ORDERED SEED OPTIONS...
	policy=$1 ordered=$2 seed=$3
	shift 3
	requests "$seed" "${STORM_REQUESTS:-150}" >in.ndjson
	timeout -k 5 120 llm-failover -p "$policy" --no-store --seed "$seed" -q "$@" in.ndjson >out.ndjson 2>err
	rc=$?
	jq -nr --slurpfile requests in.ndjson --argjson ordered "$ordered" -f "$top/tests/failover/storm.jq" out.ndjson 2>&1 | head -n 20
	fits response
	fits chunk
	grep -n '"a[0-9]*\.[0-9]*"' out.ndjson err | head -n 3
	want=$(jq -n '[inputs | select(.type == "response")] as $all | [$all[] | select(.ok | not).error] |
		if length == 0 then 0
		elif all(.[]; .kind | IN("rate_limit", "overloaded", "server", "timeout", "network", "truncated", "protocol")) then 75
		elif all(.[]; .kind | IN("quota", "auth", "permission", "policy", "budget")) then 77 else 1 end' out.ndjson)
	[ "$rc" = "$want" ] || echo "status $rc, not $want"
}

mock_start -s script.yaml --seed 7
trap 'kill $mock_pids 2>/dev/null; wait $mock_pids 2>/dev/null; rm -rf "$work"' EXIT
seed=0
while [ $seed -lt "${STORM_SEEDS:-1}" ]; do
	seed=$((seed + 1))
	for policy in calm guarded; do
		verdict "$policy, one after the other ($seed)" "$(STORM_REQUESTS=40 storm $policy.yaml true $seed -j 1)"
		verdict "$policy, in order ($seed)" "$(storm $policy.yaml true $seed -j 8 --ordered)"
		verdict "$policy, 64 at once ($seed)" "$(storm $policy.yaml false $seed -j 64)"
	done
done
[ -z "${STORM_KEEP:-}" ] || cp -r "$work" "$STORM_KEEP"
tap_end
