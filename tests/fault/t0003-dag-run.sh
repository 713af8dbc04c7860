#!/bin/sh
# dag-run when the system fails it: what is told, the exit status, and that the journal can be read to its last line.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"

needs_faults dag-run

# Output in the journal and beside it, a failure that is tried again, an expression, a template for sh.
cat >w.yaml <<'EOF'
apiVersion: agentflow.io/v1
kind: Workflow
metadata: {name: faults}
spec:
  nodes:
    - {name: begin, kind: start}
    - {name: words, kind: command, command: [echo, hello], dependsOn: [begin]}
    - {name: large, kind: command, command: "head -c 70000 /dev/zero | tr '\\0' x", dependsOn: [words]}
    - name: again
      kind: command
      command: test "$AGENTFLOW_ATTEMPT" = 2
      retry: {maxAttempts: 3, backoff: none}
      dependsOn: [begin]
    - name: fds
      kind: command
      command: cat; for f in /proc/$PPID/fd/*; do readlink "$f" | sed "s|^|${f##*/} |"; done >&2
      with: .nodes.words.output
      dependsOn: [words, again]
  output: .nodes.words.output
EOF

# run FAULT [ARG...]: out, err, $rc and the run directory runs/r of a run under that fault.
run() {
	fault=$1
	shift
	rm -rf runs
	FAULT=$fault FAULT_PROG=dag-run LD_PRELOAD=$BUILD/fault/fault.so timeout -k 5 60 \
		"$BUILD/bin/dag-run" -q -j 2 --run-id r "$@" w.yaml >out 2>err
	rc=$?
}

# Each says in a line what is not so, or nothing.
say() { echo "FAULT=$fault: $1; status $rc, stderr: $(head -n 3 err)"; }
is_done() {
	[ $rc = 0 ] || say 'not status 0'
	[ "$(jq -r 'select(.event == "run.finished") | [.ok, .succeeded, .output] | join(" ")' out)" = 'true 5 hello' ] ||
		say 'the run is not done'
}
is_told() {
	if [ $rc != "$1" ] || [ "$(wc -l <err)" != 1 ] || ! grep -q "^dag-run: .*$2" err; then
		say "not $1 and one line with '$2'"
	fi
}
# Whole lines, numbered without a gap; what they say is done is there; nothing was told that is not in the journal.
is_readable() {
	j=runs/r/journal.ndjson
	[ -s $j ] || return 0
	[ "$(tail -c 1 $j | od -An -c)" = '  \n' ] || say 'the last line is cut'
	jq -es 'map(.seq) == [range(1; length + 1)]' $j >/dev/null || say 'the events are not numbered without a gap'
	for f in $(jq -r 'select(.event == "node.output") | .outputFile // empty' $j); do
		[ "$(jq length "runs/r/$f")" = 70000 ] || say "$f is not whole"
	done
	head -c "$(wc -c <out)" $j | cmp -s - out || say 'events were told that are not in the journal'
}

run ''
verdict 'without a fault all is well' "$(is_done; is_readable)"
fd=$(sed -n 's|^\([0-9]*\) .*/journal.ndjson$|\1|p' runs/r/nodes/fds/1/err.log)
[ -n "$fd" ] || echo 'Bail out! the descriptor of the journal is not known'
export FAULT_FD="$fd"

run write:0:short
verdict 'every write to the journal may be short' "$(is_done; is_readable)"
why=$(for n in 1 2 3 4 5 6; do run "write:$n:EINTR"; is_done; is_readable; done)
verdict 'an interrupted one is done again' "$why"

# until_well CALL ERRNO STATUS WORDS: each CALL in turn fails and is told, until one more than there are changes nothing.
until_well() {
	n=0
	while [ $((n += 1)) -lt 200 ]; do
		run "$1:$n:$2"
		is_readable
		[ $rc = 0 ] && break
		is_told "$3" "$4"
	done
	is_done
	[ $n -gt 5 ] || echo "only $n times $1"
}
verdict 'a full disk is told with 74, whichever write it meets' \
	"$(until_well write ENOSPC 74 'cannot write runs/r/journal.ndjson: No space left on device')"
unset FAULT_FD
verdict 'a journal that cannot be synced is told with 74' \
	"$(until_well fdatasync EIO 74 'cannot write runs/r/journal.ndjson: Input/output error')"
verdict 'so is any other file of the run' "$(until_well fsync EIO 74 'Input/output error')"

# Without expressions: libjq 1.6 does not look at what strdup gives it, nor at the first of all, before main.
sed -e '/^      with:/d' -e '/^  output:/d' w.yaml >plain && mv plain w.yaml
is_done() { [ $rc = 0 ] || say 'not status 0'; }
why=$(refused=0 aborted=0
for n in $(seq 2 400); do
	run "malloc:$n:ENOMEM"
	is_readable
	case $rc in
	0) is_done ;; # a library did without
	75) grep -q 'Cannot allocate memory' runs/r/journal.ndjson || say 'no attempt was refused memory' ;;
	134) aborted=$((aborted + 1)) ;; # libuv ends the process when it cannot make its table of descriptors larger
	*)
		refused=$((refused + 1))
		is_told 71 '\(memory\|event loop\)'
		;;
	esac
done
[ "$refused" -gt 60 ] || echo "only $refused of them ended it"
[ "$aborted" -lt 3 ] || echo "$aborted of them aborted")
verdict 'running out of memory is told, and ends it with 71' "$why"
run malloc:2+:ENOMEM
verdict 'so does having none at all' "$(is_told 71 memory)"

# No process: the attempt fails, and may be made again.
run posix_spawn:1:EAGAIN
verdict 'no process to be had fails the node that wants one' "$([ $rc = 75 ] || say 'not 75'; is_readable)"
run posix_spawn:3:EAGAIN
verdict 'and another attempt is made' "$(is_readable; jq -r .event out | grep -q node.retry || say 'no retry')"
tap_end
