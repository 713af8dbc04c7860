#!/bin/sh
# The same policy and weather with real processes, llm-failover, llm-call and llm-mock on this machine's clock, beside what the simulator
# says: BUILD=build sh tests/sim/real.sh [REQUESTS [JOBS [WEATHER...]]]. Takes about half a minute for each weather.
set -u
LC_ALL=C
export LC_ALL
top=$(cd "$(dirname "$0")/../.." && pwd)
BUILD=${BUILD:-build}
case $BUILD in /*) ;; *) BUILD=$top/$BUILD ;; esac
requests=${1:-2000}
jobs=${2:-100}
[ $# -lt 2 ] || shift 2
[ $# -gt 0 ] || set -- bursts brown-out 'slow tails' 'rate limits' 'quota wall' flapping cuts 'clouds down'
PATH=$BUILD/bin:$PATH
AGENTFLOW_SHARE=$top/share
AGENTFLOW_STORE=memory:
no_proxy='*'
export top PATH AGENTFLOW_SHARE AGENTFLOW_STORE no_proxy
dir=$(mktemp -d)
mock=
trap '[ -z "$mock" ] || kill "$mock" 2>/dev/null; rm -rf "$dir"' EXIT
cd "$dir" || exit 71

# Streams and whole answers by turns, as in the simulator.
jq -nc --argjson n "$requests" 'range($n) | {prompt: "Why is the sky blue?", options: {maxTokens: 200, stream: (. % 2 == 0)}}' >input

start_mock() {
	: >mock.log
	llm-mock -s mock.yaml >mock.log &
	mock=$!
	while ! grep -q listening mock.log; do sleep 0.05; done
	url=$(head -n 1 mock.log | jq -r .url)
	OPENAI_BASE_URL=$url/v1 ANTHROPIC_BASE_URL=$url GEMINI_BASE_URL=$url OLLAMA_HOST=$url
	OPENAI_API_KEY=sim ANTHROPIC_API_KEY=sim GEMINI_API_KEY=sim
	export OPENAI_BASE_URL ANTHROPIC_BASE_URL GEMINI_BASE_URL OLLAMA_HOST OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY
}

# As the simulator prints them. What a request took is when the attempt that answered began, and how long that took.
figures() {
	jq -s -r '
		def at($p): if length == 0 then 0 else sort | .[[($p * length | floor), length - 1] | min] end;
		def fixed($n): . * pow(10; $n) | round / pow(10; $n) | tostring;
		map(select(.type == "response")) as $r
		| ($r | map(select(.ok) | [.attempts[] | select(.ok)][0] | (.startedMs + .ms) / 1000)) as $s
		| [($s | length) * 100 / ($r | length), ($s | at(0.5)), ($s | at(0.95)), ($s | at(0.99)),
		   ($r | map(.attempts | length) | add / length)]
		| @tsv' | awk -F '\t' '{ printf "%7.2f %6.2f %6.2f %6.2f %6.3f\n", $1, $2, $3, $4, $5 }'
}

printf '%-12s %-10s %7s %6s %6s %6s %6s\n' weather '' 'ok %' 'p50 s' 'p95 s' 'p99 s' tries
for weather; do
	"$BUILD/tests/sim" -w "$weather" -n "$requests" -f mock >mock.yaml || exit
	start_mock
	printf '%-12s %-10s ' "$weather" real
	llm-failover -q -p "$top/examples/policy/resilient.yaml" -j "$jobs" input >responses 2>errors
	figures <responses
	kill "$mock"
	wait "$mock" 2>/dev/null
	mock=
	"$BUILD/tests/sim" -w "$weather" -j "$jobs" -n "$requests" |
		awk '{ printf "%-12s %-10s %7s %6s %6s %6s %6s\n", "", "virtual", $2, $3, $4, $5, $7 }'
done
