#!/bin/sh
# Find the notes that are nearest in meaning to a question: search.sh NOTES QUESTION [MODEL]
# NOTES is NDJSON with a text a line. Its vectors are made once and kept beside it, in NOTES.vectors; jq does the arithmetic.
set -eu
notes=$1
question=$2
model=${3:-openai:text-embedding-3-small}
if [ ! -e "$notes.vectors" ] || [ -n "$(find "$notes" -newer "$notes.vectors")" ]; then
	llm-embed -m "$model" --input-type document -f "$notes" >"$notes.vectors.new"
	mv "$notes.vectors.new" "$notes.vectors"
fi
llm-embed -m "$model" --input-type query "$question" | jq -r --slurpfile notes "$notes.vectors" '
	def dot($a; $b): reduce range($a | length) as $i (0; . + $a[$i] * $b[$i]);
	.vector as $q
	| [$notes[] | {text, likeness: (dot(.vector; $q) / ((dot(.vector; .vector) * dot($q; $q)) | sqrt))}]
	| sort_by(-.likeness)[:3][] | "\(.likeness * 1000 | round / 1000)\t\(.text)"'
