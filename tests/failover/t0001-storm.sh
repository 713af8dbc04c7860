#!/bin/sh
# Requests by the hundred through weather of every kind: what the reader gets must hold together, whatever became of the attempts.
set -u
# shellcheck source=tests/failover/storm.sh
. "${top:?run by tests/run}/tests/failover/storm.sh"

words() { # PROVIDER COUNT
	jq -nr --arg p "$1" --argjson n "$2" '[range($n) | "\($p)\(.)"] | join(" ")'
}

{
	echo 'defaults: {ttft: 1ms, ttftP99: 60ms}'
	echo 'limits:'
	echo '  - {provider: openai, requests: 80/s}'
	echo '  - {provider: anthropic, tokens: 30000/s, retryAfter: false}'
	echo '  - {provider: gemini, concurrent: 12}'
	echo '  - {provider: ollama, quota: {requests: 200}}'
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

storm() { # POLICY ORDERED SEED OPTIONS...
	policy=$1 ordered=$2 seed=$3
	shift 3
	requests "$seed" "${STORM_REQUESTS:-150}" >in.ndjson
	timeout -k 5 120 llm-failover -p "$policy" --no-store --seed "$seed" -q "$@" <in.ndjson >out.ndjson 2>err
	rc=$?
	holds "$ordered" $rc
}

# Who stands between is a program of the same contract: it tries again by itself, and what it streamed stays said.
cat >between.yaml <<-'END'
	version: 1
	deadline: 4s
	retries: 2
	afterOutput: fail
	backoff: {base: 10ms, max: 100ms, budget: 100%}
	breaker: {cooldown: 200ms, maxCooldown: 400ms}
END

storm_mock -s script.yaml --seed 7
seed=0
while [ $seed -lt "${STORM_SEEDS:-1}" ]; do
	seed=$((seed + 1))
	for policy in calm guarded; do
		verdict "$policy, one after the other ($seed)" "$(STORM_REQUESTS=40 storm $policy.yaml true $seed -j 1)"
		verdict "$policy, in order ($seed)" "$(storm $policy.yaml true $seed -j 8 --ordered)"
		verdict "$policy, 64 at once ($seed)" "$(storm $policy.yaml false $seed -j 64)"
		verdict "$policy, another llm-failover behind it ($seed)" \
			"$(storm $policy.yaml false $seed -j 64 -- llm-failover -p between.yaml --no-store -q -j 64)"
	done
done
storm_end
