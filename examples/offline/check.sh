#!/bin/sh
# A test that asks a model, for CI: check.sh [--record]
# With --record, and a key, the answers are recorded into tape/; without, they come from there: no key, no network, no cost, and the
# same answer each time. A request that has changed has no answer there, so the test fails until it is recorded anew.
set -eu
model=openai:gpt-4o-mini
[ "${1:-}" = --record ] && how=--record || how=--replay
llm-call -m $model "$how" tape --temperature 0 "Answer with the one word: pong" >answer.ndjson
jq -e '.ok and (.content | test("pong"; "i"))' answer.ndjson >/dev/null
