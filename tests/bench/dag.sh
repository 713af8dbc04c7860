#!/bin/sh
# dag-run: NODES no-op commands (10,000 by default), each journaled durably, beside a bare posix_spawn loop, ninja
# and make; then a tenth of them, to show that time grows with their number and no faster. JOBS at once (16).
set -eu
nodes=${NODES:-10000}
jobs=${JOBS:-16}
work=$(mktemp -d "$BUILD/bench/dag.XXXXXX")
trap 'rm -rf "$work"' EXIT
PATH=$BUILD/bin:$PATH

# Chains of ten, so that there is something to wait for.
workflow() {
	printf 'apiVersion: agentflow.io/v1\nkind: Workflow\nmetadata: {name: bench}\nspec:\n  nodes:\n'
	awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) printf "    - {name: n%d, kind: command, command: [/bin/true]%s}\n", i,
		i % 10 ? ", dependsOn: [n" (i - 1) "]" : "" }'
}
awk -v n="$nodes" 'BEGIN { printf "all:"; for (i = 0; i < n; i++) printf " n%d", i; print ""
	for (i = 0; i < n; i++) printf "n%d:%s\n\t@/bin/true\n", i, i % 10 ? " n" (i - 1) : "" }' >"$work/Makefile"
awk -v n="$nodes" 'BEGIN { print "rule r\n  command = /bin/true"
	for (i = 0; i < n; i++) printf "build n%d: r%s\n", i, i % 10 ? " n" (i - 1) : "" }' >"$work/build.ninja"
workflow "$nodes" >"$work/all.yaml"
workflow $((nodes / 10)) >"$work/tenth.yaml"
cd "$work"

# row NAME COUNT COMMAND...: the best of three. What a run leaves stays until the end: ext4 makes files slowly for half a
# minute after many were removed, since it does not use their inodes again at once.
bound=
turn=0
row() {
	name=$1 count=$2 best=
	shift 2
	for _ in 1 2 3; do
		turn=$((turn + 1))
		export AGENTFLOW_RUNS=runs.$turn
		rm -f .ninja_log .ninja_deps
		start=$(date +%s%N)
		"$@" >/dev/null
		took=$(($(date +%s%N) - start))
		if [ -z "$best" ] || [ "$took" -lt "$best" ]; then best=$took; fi
	done
	[ -n "$bound" ] || bound=$((best / count))
	awk -v name="$name" -v ns="$best" -v n="$count" -v bound="$bound" \
		'BEGIN { printf "%-44s %9.3f %9.1f %7.3f\n", name, ns / 1e9, ns / n / 1000, ns / n / bound }'
}

printf 'dag: %s no-op nodes, %s at once, %s processors\n' "$nodes" "$jobs" "$(getconf _NPROCESSORS_ONLN)"
printf '%-44s %9s %9s %7s\n' what seconds us/node of-loop
row "posix_spawn loop, $jobs at once" "$nodes" "$BUILD/bench/spawn_loop" "$nodes" "$jobs"
row 'posix_spawn loop, one at a time' "$nodes" "$BUILD/bench/spawn_loop" "$nodes" 1
row 'dag-run, journal durable' "$nodes" dag-run -j "$jobs" all.yaml
row 'dag-run, a tenth of the nodes' $((nodes / 10)) dag-run -j "$jobs" tenth.yaml
for peer in ninja make; do
	if command -v $peer >/dev/null; then
		row "$peer -j$jobs" "$nodes" $peer -j"$jobs"
	else
		echo "$peer: not installed"
	fi
done
