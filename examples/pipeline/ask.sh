#!/bin/sh
# Ask one model all questions, four at a time, and see what that cost: ask.sh [MODEL] [questions.ndjson]
# Each answer is a line in answers.ndjson, priced; the totals go to the terminal.
set -eu
model=${1:-openai:gpt-4o-mini}
questions=${2:-$(dirname "$0")/questions.ndjson}
llm-call -m "$model" -j 4 --ordered <"$questions" | cost-calc >answers.ndjson
cost-calc -q -t <answers.ndjson
