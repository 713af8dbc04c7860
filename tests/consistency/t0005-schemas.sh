#!/bin/sh
# What a schema names, a member or a word, its manual tells of.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71

# tells SCHEMA PAGE...
tells() {
	schema=$1
	shift
	text=$BUILD/tests/log/pages.$schema
	for page; do page_text "$page"; done >"$text"
	why=$(jq -r '[.. | objects | .properties // {} | keys[]] + [.. | objects | (.enum // [.const])[] | strings] | unique[]' \
		"share/schemas/$schema.schema.json" | while read -r word; do
		grep -qwF -e "$word" "$text" || echo "$word is not told"
	done)
	verdict "$schema.schema.json: the manual tells all of it" "$why"
}

tells request man/man5/agentflow-records.5
tells chunk man/man5/agentflow-records.5
tells response man/man5/agentflow-records.5 man/man1/cost-calc.1
tells cancel man/man5/agentflow-records.5
tells total man/man1/cost-calc.1 man/man5/agentflow-records.5
tells event man/man1/dag-run.1
tells workflow man/man5/agentflow-workflow.5 man/man5/agentflow-policy.5
tells agent man/man5/agentflow-workflow.5
tells pricing man/man5/agentflow-pricing.5
tells model man/man5/agentflow-models.5 man/man1/llm-models.1
tells plan man/man1/llm-failover.1
tells metric man/man1/llm-failover.1
tells breaker man/man1/llm-breaker.1
tells budget man/man1/llm-budget.1
tells tokens man/man1/llm-tokens.1
tells httpRequest man/man1/llm-call.1
tells programRun man/man1/llm-call.1 man/man5/agentflow-programs.5
tells probe man/man1/llm-call.1
tells embedding man/man1/llm-embed.1 man/man5/agentflow-records.5
tells validation man/man1/json-validate.1
tells program man/man5/agentflow-programs.5 man/man5/agentflow-records.5
tells policy man/man5/agentflow-policy.5
tells policy-test man/man1/llm-route.1
tells routeChange man/man1/llm-route.1
tells routeChanges man/man1/llm-route.1
tells offer man/man1/llm-route.1
tells profile man/man5/agentflow-prompts.5
tells mock-script man/man1/llm-mock.1
verdict 'each schema is looked at' "$(for f in share/schemas/*; do
	f=$(basename "$f" .schema.json)
	[ -e "$BUILD/tests/log/pages.$f" ] || echo "$f is not"
done)"
tap_end
