#!/bin/sh
# llm-call when the system fails it: what is told, the exit status, and that what was written is whole lines.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"
PATH=$BUILD/bin:$PATH
HOME=$work
XDG_CONFIG_HOME=$work
export PATH HOME XDG_CONFIG_HOME

needs_faults llm-call
# shellcheck source=tests/cli/lib.sh
. "$top/tests/cli/lib.sh"
# shellcheck disable=SC2119 # no options
mock_start
# shellcheck disable=SC2154 # mock_start has set it
trap 'kill "${mock_pid:?}"; wait "${mock_pid:?}"; rm -rf "$work"' EXIT

# call FD FAULT [ARG...]: out, err and $rc of a run under that fault, whose reads and writes are those of FD.
call() {
	fault=$2
	export FAULT_FD="$1"
	shift 2
	FAULT=$fault LD_PRELOAD=$BUILD/fault/fault.so timeout 60 llm-call --stream -m openai:gpt-4o "$@" >out 2>err
	rc=$?
}

awk 'BEGIN { for (i = 1; i <= 30; i++) printf "{\"id\":%d,\"prompt\":\"one two three %d\"}\n", i, i }' >requests

# Each says in a line what is not so, or nothing.
is_served() {
	[ "$(jq -s -c '[.[] | select(.ok) | .id] | sort' out)" = "$(jq -s -c 'map(.id)' requests)" ] ||
		echo "FAULT=$fault: $(wc -l <out) lines: $(cat err)"
}
is_whole() {
	[ $rc = 0 ] || echo "FAULT=$fault: status $rc: $(cat err)"
	is_served
}
is_answered() {
	[ "$(jq -s -c '[.[] | select(.type == "response") | .id] | sort' out)" = "$(jq -s -c 'map(.id)' requests)" ] ||
		echo "FAULT=$fault: $(wc -l <out) lines: $(cat err)"
}

call 1 '' <requests
verdict 'without a fault all is well' "$(is_whole)"
call 1 write:0:short <requests
verdict 'every write may be short' "$(is_whole)"
call 0 read:0:short <requests
verdict 'every read of the requests may be short' "$(is_whole)"
why=$(for n in 1 2 3 5 8; do call 1 write:$n:EINTR <requests && is_whole; done)
verdict 'an interrupted write is done again' "$why"
why=$(for n in 1 2 3 5 8; do call 1 write:$n:EAGAIN <requests && is_whole; done)
verdict 'a write that would block waits' "$why"
why=$(for n in 1 2; do call 0 read:$n:EINTR <requests && is_whole; done)
verdict 'an interrupted read is done again' "$why"

# One request at a time: each answer is written before the next one can come, so that there is an Nth write.
why=$(for n in 1 2 3; do
	call 1 write:$n:ENOSPC -j 1 <requests
	is_told 74 'cannot write standard output: No space left on device'
	has_whole_lines
done)
verdict 'a full disk is told, and nothing is cut before it' "$why"
call 1 write:3:ENOSPC -j 1 <requests
verdict 'the writes before it are there' "$([ -s out ] || echo 'nothing was written')"
why=$(for n in 1 2 3; do
	call 1 write:$n:EPIPE -j 1 <requests
	[ $rc = 141 ] && [ ! -s err ] || echo "FAULT=$fault: status $rc: $(cat err)"
	has_whole_lines
done)
verdict 'a reader that has gone ends it quietly' "$why"

call 0 read:1:EIO <requests
verdict 'input that cannot be read is told' "$(is_told 74 'cannot read .*: Input/output error')"
call 0 read:2:EIO <requests
verdict 'what was read before that is answered' "$(
	is_told 74 'cannot read .*: Input/output error'
	is_served
)"

# From the first of all to those of the last answers.
why=$(refused=0
for n in $(seq 1 60) $(seq 83 23 4500); do
	call 1 "malloc:$n:ENOMEM" <requests
	case $rc in
	0) is_whole ;; # the C library, or libcurl, did without
	75) is_answered ;; # libcurl did not, and says no more than that a call failed
	*)
		refused=$((refused + 1))
		is_told 71 'memory'
		has_whole_lines
		;;
	esac
done
[ "$refused" -gt 50 ] || echo "only $refused of them ended it")
verdict 'running out of memory is told, and ends it with 71' "$why"
tap_end
