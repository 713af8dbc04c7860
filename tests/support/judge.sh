# shellcheck shell=sh
# Read by the benchmarks whose figures come from a program of their own.

# judge BUDGET PATTERN: standard input, with the budget beside the figure (the field before its unit) of each row that fits the pattern.
judge() {
	awk -v budget="$1" -v pattern="$2" '
		$0 ~ pattern { printf "%s   budget %s%s\n", $0, budget, ($(NF - 1) > budget + 0 ? "  MISSED" : ""); next }
		{ print }'
}
