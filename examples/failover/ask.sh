#!/bin/sh
# Ask each question until somebody answers, and say who did and who did not: ask.sh [questions.ndjson]
# The answers are in answers.ndjson, priced, and what failing over was good for in metrics.ndjson. Run it twice while a vendor is
# down: the second run has learned of that from the first, and does not ask there.
set -eu
here=$(dirname "$0")
questions=${1:-$here/../pipeline/questions.ndjson}
llm-failover -p "$here/policy.yaml" --ordered --metrics metrics.ndjson "$questions" | cost-calc -q >answers.ndjson
jq -r '[.id, (.attempts[] | "\(.model) \(.error // "ok")")] | join("  ")' answers.ndjson
jq -r 'select(.name == "failover.rescued" or .name == "failover.recovery_p95") | "\(.name): \(.value) (\(.unit))"' metrics.ndjson
