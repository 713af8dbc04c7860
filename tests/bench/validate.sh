#!/bin/sh
# json-validate: response records against their own schema, beside cat, jq (which proves JSON and no more) and
# python3 with jsonschema, where that is installed. RECORDS=1000000 by default; the peers get a tenth or less.
set -eu
. tests/support/best.sh
records=${RECORDS:-1000000}
data=$BUILD/bench/cost-$records.ndjson
part=$BUILD/bench/validate-part.ndjson
out=$BUILD/bench/validate.out
schema=${top:?run by tests/bench/run}/share/schemas/response.schema.json
trap 'rm -f "$out" "$part"' EXIT

[ -s "$data" ] || "$BUILD/bench/responses" "$records" >"$data"
head -n $((records / 100)) "$data" >"$part"
size() { wc -c <"$1"; }

# row NAME RUNS FILE COMMAND...: the best of RUNS, output to a file; MB/s of the input.
ours=
row() {
	name=$1 times=$2 input=$3
	shift 3
	best_of "$times" "$input" "$out" "$@"
	[ -n "$ours" ] || ours=$rate
	awk -v name="$name" -v ns="$best" -v rate="$rate" -v ours="$ours" 'BEGIN {
		printf "%-36s %9.3f %8d %9.1f\n", name, ns / 1e9, rate, ours / rate }'
}

printf 'json-validate: %s records, %s bytes; one core\n' "$records" "$(size "$data")"
printf '%-36s %9s %8s %9s\n' what seconds MB/s 'ours is x'
row 'json-validate --filter' 3 "$data" "$BUILD/bin/json-validate" --schema "$schema" --filter
row 'json-validate (a record a line)' 3 "$data" "$BUILD/bin/json-validate" --schema "$schema"
row 'cat to a file' 3 "$data" cat
if command -v jq >/dev/null; then
	row 'jq -c . (no schema)' 1 "$part" jq -c .
else
	echo 'jq: not installed'
fi
if python3 -c 'import jsonschema' 2>/dev/null; then
	row 'python3 jsonschema' 1 "$part" python3 -c '
import json, sys
from jsonschema import Draft202012Validator
check = Draft202012Validator(json.load(open(sys.argv[1])))
for line in open(sys.argv[2], encoding="utf-8"):
    if check.is_valid(json.loads(line)):
        sys.stdout.write(line)' "$schema"
else
	echo 'python3 jsonschema: not installed'
fi
