#!/bin/sh
# JSON: what a filter over response records costs, beside cat, jq and python3. RECORDS=1000000 by default;
# jq and python3 get a tenth of them, since a rate is what is compared.
set -eu
. tests/support/best.sh
records=${RECORDS:-1000000}
bench=$BUILD/bench/bench_json
data=$BUILD/bench/responses-$records.ndjson
part=$BUILD/bench/responses-part.ndjson
out=$BUILD/bench/json.out
trap 'rm -f "$out" "$part"' EXIT

[ -s "$data" ] || "$bench" generate "$records" >"$data"
head -n $((records / 10)) "$data" >"$part"
size() { wc -c <"$1"; }

# row NAME RUNS FILE COMMAND...: the best of RUNS, output to a file; MB/s of the input. cat is the bound.
cat_rate=
row() {
	name=$1 times=$2 input=$3
	shift 3
	best_of "$times" "$input" "$out" "$@"
	[ -n "$cat_rate" ] || cat_rate=$rate
	awk -v name="$name" -v ns="$best" -v rate="$rate" -v bound="$cat_rate" \
		'BEGIN { printf "%-44s %9.3f %8d %7.3f\n", name, ns / 1e9, rate, rate / bound }'
}

printf 'json: %s records, %s bytes; one core\n' "$records" "$(size "$data")"
printf '%-44s %9s %8s %7s\n' what seconds MB/s 'of cat'
row 'cat to a file' 3 "$data" cat
row 'read lines' 3 "$data" "$bench" lines
row 'read, prove (json_parse)' 3 "$data" "$bench" parse
row 'read, prove, find 12 members (json_scan)' 3 "$data" "$bench" scan
row 'read, scan, splice 2 members, write' 3 "$data" "$bench" splice
if command -v python3 >/dev/null; then
	row 'python3 loads' 1 "$part" python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"): json.loads(line)'
	row 'python3 loads, set, dumps, write' 1 "$part" python3 -c 'import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
	record = json.loads(line)
	record["costUsd"] = 0.00123456
	print(json.dumps(record, ensure_ascii=False, separators=(",", ":")))'
else
	echo 'python3: not installed'
fi
if command -v jq >/dev/null; then
	row 'jq -c .costUsd=1' 1 "$part" jq -c '.costUsd=1'
else
	echo 'jq: not installed'
fi
printf 'in memory, no I/O: prove %s\n' "$("$bench" walk "$part")"
printf 'in memory, no I/O: scan %s; memcpy %s\n' "$("$bench" walk-scan "$part")" "$("$bench" memcpy "$part")"
