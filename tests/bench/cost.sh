#!/bin/sh
# cost-calc: pricing response records into a file, beside cat, jq and python3 doing the same. RECORDS=1000000
# by default; jq and python3 get a tenth of them, since a rate is what is compared.
set -eu
. tests/support/best.sh
records=${RECORDS:-1000000}
data=$BUILD/bench/cost-$records.ndjson
part=$BUILD/bench/cost-part.ndjson
prices=$BUILD/bench/cost-prices.json
out=$BUILD/bench/cost.out
AGENTFLOW_SHARE=${top:?run by tests/bench/run}/share
export AGENTFLOW_SHARE
trap 'rm -f "$out" "$part" "$prices"' EXIT

[ -s "$data" ] || "$BUILD/bench/responses" "$records" >"$data"
head -n $((records / 10)) "$data" >"$part"
size() { wc -c <"$1"; }

# The peers look up a map of the same rows under the names that these records bear, made here.
jq -c '[.provider, .model]' "$part" | sort -u | while read -r pair; do
	provider=$(printf '%s' "$pair" | jq -r '.[0]')
	model=$(printf '%s' "$pair" | jq -r '.[1]')
	"$BUILD/bin/cost-calc" -q --explain "$provider:$model" |
		jq -c --arg k "$provider:$model" '{($k): .usdPerMillion}'
done | jq -cs add >"$prices"

# row NAME RUNS FILE COMMAND...: the best of RUNS, output to a file; MB/s of the input.
ours=
row() {
	name=$1 times=$2 input=$3
	shift 3
	best_of "$times" "$input" "$out" "$@"
	[ "$name" != cost-calc ] || ours=$rate
	awk -v name="$name" -v ns="$best" -v rate="$rate" -v ours="${ours:-0}" 'BEGIN {
		printf "%-36s %9.3f %8d %9s\n", name, ns / 1e9, rate, ours ? sprintf("%.1f", ours / rate) : "-" }'
}

printf 'cost-calc: %s records, %s bytes; one core\n' "$records" "$(size "$data")"
printf '%-36s %9s %8s %9s\n' what seconds MB/s 'ours is x'
row cost-calc 5 "$data" "$BUILD/bin/cost-calc" -q
if [ -x /usr/bin/time ]; then
	printf '  %s\n' "$(/usr/bin/time -f 'CPU: %U s user, %S s system; peak memory: %M KiB' "$BUILD/bin/cost-calc" -q "$data" 2>&1 >"$out")"
fi
row 'cost-calc -t (totals only)' 3 "$data" "$BUILD/bin/cost-calc" -qt
row 'cat to a file' 3 "$data" cat
row python3 1 "$part" python3 -c '
import json, sys
from decimal import Decimal
prices = json.load(open(sys.argv[1]), parse_float=Decimal, parse_int=Decimal)
for line in open(sys.argv[2], encoding="utf-8"):
    r = json.loads(line)
    u = r["usage"]
    p = prices[r["provider"] + ":" + r["model"]]
    read, write = u.get("cacheReadTokens", 0), u.get("cacheWriteTokens", 0)
    items = []
    for what, tokens, rate in (("input", u["tokensIn"] - read - write, p["in"]),
                               ("cacheRead", read, p.get("cacheRead", p["in"])),
                               ("cacheWrite", write, p.get("cacheWrite", p["in"])),
                               ("output", u["tokensOut"], p["out"])):
        if tokens or what in ("input", "output"):
            items.append({"what": what, "tokens": tokens, "usdPerMillion": float(rate),
                          "usd": float(tokens * rate / 1000000)})
    r["costUsd"] = sum(i["usd"] for i in items)
    r["cost"] = {"basis": "computed", "items": items}
    print(json.dumps(r, ensure_ascii=False, separators=(",", ":")))' "$prices"
# shellcheck disable=SC2016 # jq has variables of its own
row jq 1 "$part" jq -c --slurpfile prices "$prices" '
	. as $r | $prices[0][.provider + ":" + .model] as $p
	| (.usage.cacheReadTokens // 0) as $read | (.usage.cacheWriteTokens // 0) as $write
	| [["input", .usage.tokensIn - $read - $write, $p.in], ["cacheRead", $read, $p.cacheRead // $p.in],
	   ["cacheWrite", $write, $p.cacheWrite // $p.in], ["output", .usage.tokensOut, $p.out]]
	| (map(select(.[1] > 0) | {what: .[0], tokens: .[1], usdPerMillion: .[2], usd: (.[1] * .[2] / 1e6)})) as $items
	| $r + {costUsd: ($items | map(.usd) | add), cost: {basis: "computed", items: $items}}'
