#!/bin/sh
# Invoices, a text a line, to rows that fit a schema: extract.sh [MODEL] <invoices.ndjson >rows.ndjson
# An answer that does not fit is asked for once more; what fits neither way stops the pipeline with status 3.
set -eu
here=$(dirname "$0")
llm-call -m "${1:-openai:gpt-4o-mini}" --ordered --schema "$here/invoice.schema.json" --repair 1 \
	--system "Read the invoice. Answer with its number, its total and its currency." |
	jq -c '.object // {id, error: (.error.message // .warnings[-1].message)}' |
	json-validate --schema "$here/invoice.schema.json" --filter
