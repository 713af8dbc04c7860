#!/bin/sh
# Every example runs as it is printed, against llm-mock.
set -u
cd "${top:?}" || exit 71
PATH=$BUILD/bin:$PATH
AGENTFLOW_SHARE=$top/share
export PATH AGENTFLOW_SHARE
work=$(mktemp -d "${TMPDIR:-/tmp}/examples.XXXXXX") || exit 71
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cp -R examples "$work/"
cd "$work" || exit 71
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
mock_start --seed 1

n=0
bad=0
# try NAME COMMAND...: what it prints must hold each line of the file NAME.want, written before.
try() {
	name=$1
	shift
	n=$((n + 1))
	"$@" >"$work/out" 2>"$work/err" </dev/null
	rc=$?
	missing=$(while IFS= read -r line; do
		grep -qF -e "$line" "$work/out" || printf '%s\n' "$line"
	done <"$work/want")
	if [ $rc = 0 ] && [ -z "$missing" ]; then
		echo "ok $n - $name"
	else
		bad=1
		echo "not ok $n - $name (status $rc)"
		printf 'missing: %s\n' "$missing" | sed 's/^/# /'
		sed 's/^/# /' "$work/out" "$work/err" | head -n 40
	fi
}

cat >"$work/want" <<-EOF
	gpt-4o-mini
EOF
try "the pipeline prints totals" sh examples/pipeline/ask.sh
jq -r .id answers.ndjson >"$work/ids"
n=$((n + 1))
if [ "$(tr '\n' ' ' <"$work/ids")" = "sky sea ice " ]; then echo "ok $n - the pipeline keeps the order"; else
	bad=1
	echo "not ok $n - the pipeline keeps the order"
fi

cat >"$work/want" <<-EOF
	sky  openai:gpt-4o-mini network
	ice  openai:gpt-4o-mini network
	network  anthropic:claude-haiku-4-5 ok
	failover.rescued: 1 (share)
EOF
AGENTFLOW_STORE=$work/store.db
export AGENTFLOW_STORE
try "failing over asks the next" env OPENAI_BASE_URL=http://127.0.0.1:1/v1 sh examples/failover/ask.sh
cat >"$work/want" <<-EOF
	sky  anthropic:claude-haiku-4-5 ok
	failover.rescued: 0 (share)
EOF
try "and has learned where not to ask" env OPENAI_BASE_URL=http://127.0.0.1:1/v1 sh examples/failover/ask.sh
AGENTFLOW_STORE=$work/other.db

: >"$work/want"
try "make asks what has changed" make -C examples/makefile
n=$((n + 1))
if make -q -C examples/makefile && grep -q 'message digest' examples/makefile/digest.answer; then echo "ok $n - and nothing else"; else
	bad=1
	echo "not ok $n - and nothing else"
fi
make -s -C examples/makefile clean
try "with a policy it asks until somebody answers" env OPENAI_BASE_URL=http://127.0.0.1:1/v1 \
	make -C examples/makefile POLICY=../failover/policy.yaml
n=$((n + 1))
if grep -q 'message digest' examples/makefile/digest.answer; then echo "ok $n - whoever it is"; else
	bad=1
	echo "not ok $n - whoever it is"
fi

cat >"$work/want" <<-EOF
	ticket-classifier   openai     gpt-4
	response-generator  anthropic  claude-3-sonnet
	quality-checker     gemini     gemini-2.5-flash
	quality-checker     ollama     llama3.2
	run.finished
EOF
try "the demo runs three agents on four providers" sh "$top/examples/customer-support/demo.sh"

# The crontab's command lines, with the field of the time cut off.
mkdir -p support/tickets
cp -R examples/customer-support/agents examples/customer-support/workflow.yaml support/
cp examples/customer-support/ticket.json support/tickets/latest.json
line=$(sed -n 's/^0 9 \* \* 1-5 *//p' examples/cron/crontab)
: >"$work/want"
AGENTFLOW_MODEL=openai:gpt-4 HOME=$work try "the crontab's line runs the workflow" sh -c "$line"
{
	cat examples/failover/policy.yaml
	echo 'budgets: [{name: day, limitUsd: 1}]'
} >support/policy.yaml
printf '{"id":"m%d","prompt":"one"}\n' 1 2 3 >support/inbox.ndjson
echo '{"id":"n1","prompt":"two"}' >support/night.ndjson
for at in '\*\/10 \* \* \* \*' '0 2 \* \* \*'; do
	line=$(sed -n "s/^$at *//p" examples/cron/crontab)
	HOME=$work try "the crontab's line asks until somebody answers" env OPENAI_BASE_URL=http://127.0.0.1:1/v1 AGENTFLOW_STORE="$work/cron.db" sh -c "$line"
done
n=$((n + 1))
asked=$(jq -s '[.[].attempts[0].model] | join(" ")' -r support/inbox.answers support/night.answers)
if [ "$asked" = 'openai:gpt-4o-mini openai:gpt-4o-mini openai:gpt-4o-mini anthropic:claude-haiku-4-5' ]; then
	echo "ok $n - and one has learned from the other"
else
	bad=1
	echo "not ok $n - and one has learned from the other: $asked"
fi

cat >"$work/want" <<-EOF
	1	The VPN wants a new certificate each January.
EOF
try "notes are found by their vectors" sh examples/search/search.sh examples/search/notes.ndjson "The VPN wants a new certificate each January."

cat >"$work/want" <<-EOF
	openai:gpt-4o-mini	true	end
	anthropic:claude-haiku-4-5	true	end
	ollama:llama3.2	true	end
EOF
try "usable models are compared, others left out" sh examples/compare/compare.sh "Why is the sky blue?" \
	openai:gpt-4o-mini anthropic:claude-haiku-4-5 ollama:llama3.2 xai:grok-4
: >"$work/want"
try "a recording is made" sh examples/offline/check.sh --record
try "and answers without a key or a network" env -u OPENAI_API_KEY sh examples/offline/check.sh

cat >"$work/want" <<-EOF
	{"number":"R-1042","total":318,"currency":"EUR"}
	{"number":"77/B","total":49.9,"currency":"USD"}
EOF
kill "$mock_pid"
mock_start --script examples/extract/answers.yaml
try "invoices become rows that fit a schema" sh -c 'sh examples/extract/extract.sh <examples/extract/invoices.ndjson'

# The README's commands, one after the other as they stand there, print what it says.
ln -s "$BUILD" build
cp -R "$top/share" "$top/README.md" .
{
	echo "set -e; trap 'kill \$!' EXIT"
	awk -f "$top/tests/examples/commands.awk" README.md
} >readme.sh
awk -v want=1 -f "$top/tests/examples/commands.awk" README.md >"$work/want"
try "the README's commands run" env -u GEMINI_BASE_URL sh readme.sh

echo "1..$n"
exit $bad
