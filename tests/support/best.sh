# shellcheck shell=sh
# Read by the benchmarks of filters over a file.
# shellcheck disable=SC2034 # they use what it sets

# Set $cpu_ns, the nanoseconds of CPU that what this shell started has used so far. The figures go by way of a file: a subshell would
# tell its own.
take_cpu_ns() {
	times >"$1"
	cpu_ns=$(awk 'NR == 2 { for (i = 1; i <= 2; i++) { split($i, t, "m"); s += t[1] * 60 + t[2] } printf "%.0f", s * 1e9 }' "$1")
	rm -f "$1"
}

# best_of RUNS FILE OUT COMMAND...: COMMAND FILE >OUT, the quickest of so many; sets $best, its nanoseconds, $best_cpu, the least that one
# used of the CPU, and $rate, the MB/s of FILE.
best_of() {
	runs=$1 file=$2 to=$3
	shift 3
	best='' best_cpu=''
	while [ "$runs" -gt 0 ]; do
		rm -f "$to"
		take_cpu_ns "$to.times"
		cpu=$cpu_ns
		start=$(date +%s%N)
		"$@" "$file" >"$to"
		took=$(($(date +%s%N) - start))
		take_cpu_ns "$to.times"
		cpu=$((cpu_ns - cpu))
		if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
		if [ -z "$best_cpu" ] || [ "$cpu" -lt "$best_cpu" ]; then best_cpu=$cpu; fi
		runs=$((runs - 1))
	done
	rate=$(($(wc -c <"$file") * 1000 / best))
}
