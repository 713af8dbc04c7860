#!/bin/sh
# llm-route: who may serve each request, by rules without expressions, by cost, and by jq; beside jq choosing by the same rules.
# RECORDS=1000000 by default; jq gets a twentieth of them, since a rate is what is compared.
set -eu
. tests/support/best.sh
records=${RECORDS:-1000000}
data=$BUILD/bench/route-$records.ndjson
part=$BUILD/bench/route-part.ndjson
policy=$BUILD/bench/route-policy.yaml
out=$BUILD/bench/route.out
AGENTFLOW_SHARE=${top:?run by tests/bench/run}/share
OPENAI_API_KEY=key ANTHROPIC_API_KEY=key
export AGENTFLOW_SHARE OPENAI_API_KEY ANTHROPIC_API_KEY
trap 'rm -f "$out" "$part" "$policy".*' EXIT

[ -s "$data" ] || awk -v n="$records" 'BEGIN {
	split("core web ops", teams)
	for (i = 0; i < n; i++) {
		print "{\"id\":\"r" i "\",\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"}," \
			"{\"role\":\"user\",\"content\":\"Please summarise ticket number " i " in two short sentences, for the team that is on call.\"}]," \
			"\"options\":{\"maxTokens\":200},\"tags\":{\"team\":\"" teams[i % 3 + 1] "\"}}"
	}
}' >"$data"
head -n $((records / 20)) "$data" >"$part"

rules='routes:
  - {name: code, match: {tags: {team: [core, infra]}}, use: [openai:gpt-4o, anthropic:claude-sonnet-4-5]}
  - {name: pictures, match: {needs: [image]}, use: openai:gpt-4o}
  - {name: rest, use: [openai:gpt-4o-mini, anthropic:claude-haiku-4-5]}'
printf '%s\n' "$rules" >"$policy.rules"
printf 'strategy: cost-optimized\n%s\n' "$rules" >"$policy.cost"
printf '%s\n' "$rules" | sed 's/use: \[openai:gpt-4o-mini, .*/use: [{model: openai:gpt-4o-mini, weight: 70}, {model: anthropic:claude-haiku-4-5, weight: 30}]}/' >"$policy.weights"
printf '%s\n' "$rules" | sed 's/match: {tags: [^ ]* \[core, infra\]}}/when: .tags.team == "core" or .tags.team == "infra"/' >"$policy.when"

# row NAME BUDGET RUNS FILE COMMAND...: the best of RUNS, output to a file; MB/s, and lines of the input in a second of CPU, which is what
# a core of its own gives.
row() {
	name=$1 budget=$2 times=$3 input=$4
	shift 4
	best_of "$times" "$input" "$out" "$@"
	awk -v name="$name" -v ns="$best" -v cpu="$best_cpu" -v rate="$rate" -v budget="$budget" -v lines="$(wc -l <"$input")" 'BEGIN {
		printf "%-24s %9.3f %9.3f %8d %12d", name, ns / 1e9, cpu / 1e9, rate, lines / (cpu / 1e9)
		if (budget) printf "   budget %d%s", budget, (lines / (cpu / 1e9) < budget ? "  MISSED" : "")
		print "" }'
}

printf 'llm-route: %s requests, %s bytes; one core\n' "$records" "$(wc -c <"$data")"
printf '%-24s %9s %9s %8s %12s\n' what seconds 'CPU s' MB/s requests/s
row 'rules' 200000 3 "$data" "$BUILD/bin/llm-route" --no-store -p "$policy.rules"
row 'rules, by weight' 200000 3 "$data" "$BUILD/bin/llm-route" --no-store -p "$policy.weights"
row 'rules, by cost' 200000 3 "$data" "$BUILD/bin/llm-route" --no-store -p "$policy.cost"
row 'when: a jq expression' '' 1 "$part" "$BUILD/bin/llm-route" --no-store -p "$policy.when"
if [ -x /usr/bin/time ]; then
	printf '  %s\n' "$(/usr/bin/time -f 'CPU: %U s user, %S s system; peak memory: %M KiB' "$BUILD/bin/llm-route" --no-store -p "$policy.rules" "$data" 2>&1 >"$out")"
fi
# shellcheck disable=SC2016 # jq has variables of its own
row 'jq, the same rules' '' 1 "$part" jq -c '
	(if .tags.team == "core" or .tags.team == "infra" then ["code", "openai:gpt-4o", "anthropic:claude-sonnet-4-5"]
	 elif any(.messages[].content; type == "array" and any(.[]; .type == "image")) then ["pictures", "openai:gpt-4o"]
	 else ["rest", "openai:gpt-4o-mini", "anthropic:claude-haiku-4-5"] end) as $use
	| . + {route: {candidates: [$use[1:][] | {model: ., reason: "in rule"}], rule: $use[0], policy: "bench"}}'
