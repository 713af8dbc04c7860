# shellcheck shell=sh
# Read by the benchmarks of filters over a file.
# shellcheck disable=SC2034 # they use what it sets

# best_of RUNS FILE OUT COMMAND...: COMMAND FILE >OUT, the quickest of so many; sets $best, its nanoseconds, and $rate, the
# MB/s of FILE.
best_of() {
	runs=$1 file=$2 to=$3
	shift 3
	best=
	while [ "$runs" -gt 0 ]; do
		rm -f "$to"
		start=$(date +%s%N)
		"$@" "$file" >"$to"
		took=$(($(date +%s%N) - start))
		if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
		runs=$((runs - 1))
	done
	rate=$(($(wc -c <"$file") * 1000 / best))
}
