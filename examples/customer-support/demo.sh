#!/bin/sh
# The main job, end to end, without network or key: a workflow of three agents on two providers, then the same
# file with each step on a third provider by one variable, then with a provider that is down. llm-mock stands in for all of them.
# make demo runs it; run by hand it wants the programs in PATH.
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
BUILD=${BUILD:-$top/build}
case $BUILD in /*) ;; *) BUILD=$top/$BUILD ;; esac
PATH=$BUILD/bin:$PATH
work=$BUILD/demo
rm -rf "$work"
mkdir -p "$work"

bold=''
plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# The stand-in: one server that speaks every provider's API, on a port of its own.
llm-mock --script "$here/providers.yaml" >"$work/mock.ndjson" &
mock=$!
trap 'kill "$mock" 2>/dev/null || :; wait "$mock" 2>/dev/null || :' EXIT
trap 'exit 130' INT TERM
waited=0
until [ -s "$work/mock.ndjson" ]; do
	waited=$((waited + 1))
	[ "$waited" -le 200 ] || { echo "demo: llm-mock does not start" >&2; exit 1; }
	sleep 0.05
done
url=$(head -n 1 "$work/mock.ndjson" | jq -r .url)
OPENAI_BASE_URL=$url ANTHROPIC_BASE_URL=$url GEMINI_BASE_URL=$url OLLAMA_HOST=$url
OPENAI_API_KEY=demo ANTHROPIC_API_KEY=demo GEMINI_API_KEY=demo
export OPENAI_BASE_URL ANTHROPIC_BASE_URL GEMINI_BASE_URL OLLAMA_HOST OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY

# run_and_show [dag-run options]: one run, then a line a node: the responses, priced.
run_and_show() {
	dag-run -q --runs-dir "$work/runs" --input "$here/ticket.json" "$@" "$here/workflow.yaml" >"$work/events.ndjson"
	jq -r 'select(.event == "node.started") | .node' "$work/events.ndjson" | while read -r node; do
		cat "$work/runs/latest/nodes/$node"/*/out.ndjson
	done | jq -c 'select(.type == "response")' | cost-calc -q >"$work/priced.ndjson"
	jq -rn --slurpfile events "$work/events.ndjson" --slurpfile priced "$work/priced.ndjson" '
		def pad($n): tostring | . + (" " * ([$n - length, 0] | max));
		def left($n): tostring | (" " * ([$n - length, 0] | max)) + .;
		def usd: if . == null then "unknown" else "$" + (. * 1000000 | round / 1000000 | tostring) end;
		("node" | pad(20)) + ("provider" | pad(11)) + ("model" | pad(22)) + ("in" | left(5)) + ("out" | left(5))
			+ ("chunks" | left(8)) + ("first ms" | left(10)) + ("ms" | left(7)) + ("cost" | left(11)),
		($priced[] | . as $r | ([$events[] | select(.event == "node.finished" and .node == $r.meta.node)] | last) as $finished
			| ($r.meta.node | pad(20)) + ($r.provider | pad(11)) + ($r.model | pad(22)) + ($r.usage.tokensIn | left(5))
			+ ($r.usage.tokensOut | left(5)) + ($finished.chunks // 0 | left(8)) + ($r.ttftMs | round | left(10)) + ($r.ms | round | left(7))
			+ ($r.costUsd | usd | left(11))),
		("total" | pad(20)) + ([$priced[].costUsd | select(. != null)] | add | usd | left(79))'
}

say "1. examples/customer-support/workflow.yaml, as it is: OpenAI, Anthropic, OpenAI"
run_and_show
printf '\nWhat the second agent wrote:\n'
jq -r 'select(.event == "node.output" and .node == "response-generator") | .output' "$work/events.ndjson" | fold -s -w 96 | sed 's/^/    /'

say "2. The same file, one node moved elsewhere by a flag: -m quality-checker=gemini:gemini-2.5-flash"
run_and_show -m quality-checker=gemini:gemini-2.5-flash

say "3. The same file, every node moved by one variable: AGENTFLOW_MODEL=ollama:llama3.2"
AGENTFLOW_MODEL=ollama:llama3.2 run_and_show

say "4. The same file while OpenAI is down: -p policy.yaml, which is two lines"
sed 's/^/    /' "$here/policy.yaml"
OPENAI_BASE_URL=http://127.0.0.1:9 AGENTFLOW_STATE=$work/state run_and_show -p "$here/policy.yaml"
printf '\nWhom each node asked:\n'
jq -r '"    " + (.meta.node | . + " " * (20 - length)) + ([.attempts[] | "\(.model) \(.error // "ok"), \(.ms) ms"] | join("; "))' "$work/priced.ndjson"
AGENTFLOW_STATE=$work/state llm-breaker -t | sed 's/^/    /'

say "5. The journal of the last run: every event was on disk before what follows it began"
jq -r '[.seq, .ts[11:23], .event, .node // "", (.ms // "" | tostring)] | @tsv' "$work/runs/latest/journal.ndjson" | awk -F'\t' '{ printf "%3d  %s  %-14s %-19s %s\n", $1, $2, $3, $4, $5 == "" ? "" : $5 " ms" }'
printf '\nAll of it stays in %s/runs, to be read with cat, jq and diff.\n' "${work#"$top"/}"
