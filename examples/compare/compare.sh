#!/bin/sh
# The same question to a model of each provider that is usable here, side by side: compare.sh QUESTION MODEL...
set -eu
question=$1
shift
for model; do
	if llm-call --probe "$model" >/dev/null && llm-tokens -m "$model" "$question" | jq -e '.fits != false' >/dev/null; then
		jq -nc --arg model "$model" --arg prompt "$question" '{id: $model, $model, $prompt}'
	else
		echo "compare: $model is left out" >&2
	fi
done | llm-call --ordered | cost-calc -q |
	jq -r '[.id, .ok, .stop, .usage.tokensOut, (.ms | round), .costUsd // "-", (.content // .error.message)] | @tsv'
