#!/bin/sh
# A policy's members: what the reader knows, the schema names and the example shows is the same.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
log=$BUILD/tests/log/policy
schema=share/schemas/policy.schema.json
# lists NAMES FILE...: the words in the lists of those names.
lists() {
	names=$1
	shift
	cat "$@" | awk -v names="($names)[[]] = [{]" '
		$0 ~ names { inside = 1 }
		inside { while (match($0, /"[A-Za-z_]+"/)) { print substr($0, RSTART + 1, RLENGTH - 2); $0 = substr($0, RSTART + RLENGTH) } }
		/;$/ { inside = 0 }'
}
lists 'known|_members' lib/policy/policy_*.c | sort -u >"$log.own"
{
	cat "$log.own"
	lists described lib/policy/policy_read.c
	lists option_names lib/llm/request_read.c
} | sort -u >"$log.reader"
jq -r '[.. | objects | select(.additionalProperties == false) | .properties // {} | keys[]] | unique[]' "$schema" | sort -u >"$log.schema"
# Words that stand before a colon: members, and the names that the file gives.
cat examples/policy/policy.yaml examples/policy/seed.yaml | sed 's/ #.*//; s/"[^"]*"//g' | grep -oE '[A-Za-z_]+:( |$)' | tr -d ': ' | sort -u >"$log.example"

verdict 'the reader knows what the schema names' "$(comm -13 "$log.reader" "$log.schema" | sed 's/$/ is not read/')"
verdict 'the schema names what the reader knows' "$(comm -23 "$log.reader" "$log.schema" | sed 's/$/ is in no schema/')"
verdict 'the examples show what the reader knows' "$(comm -23 "$log.own" "$log.example" | sed 's/$/ is in no example/')"
for f in workflow policy; do
	jq -S '."$defs" | {llmRouting, entries, entry, fallback, conditions, condition, options, text}' "share/schemas/$f.schema.json" >"$log.$f"
done
verdict 'a workflow has the same llmRouting as a policy' "$(diff "$log.workflow" "$log.policy")"
tap_end
