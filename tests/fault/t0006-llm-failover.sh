#!/bin/sh
# llm-failover when the system fails it: what is told, the exit status, that what was written is whole lines, and that no request is
# lost.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"
PATH=$BUILD/bin:$PATH
HOME=$work
XDG_CONFIG_HOME=$work
export PATH HOME XDG_CONFIG_HOME

needs_faults llm-failover
OPENAI_API_KEY=k
export OPENAI_API_KEY
# The command: each request is answered with its prompt.
echo 'exec jq -c --unbuffered "{type: \"response\", id, ok: true, content: .prompt}"' >answers
awk 'BEGIN { for (i = 1; i <= 30; i++) printf "{\"id\":%d,\"prompt\":\"one two three %d\"}\n", i, i }' >requests

# call FD FAULT [ARG...]: out, err and $rc of a run under that fault, whose reads and writes are those of FD.
call() {
	fault=$2
	export FAULT_FD="$1"
	shift 2
	FAULT_PROG=llm-failover FAULT=$fault LD_PRELOAD=$BUILD/fault/fault.so timeout 60 \
		llm-failover --no-store --seed 1 -m openai:gpt-4o "$@" -- sh answers >out 2>err
	rc=$?
}

# Each says in a line what is not so, or nothing.
is_whole() {
	[ $rc = 0 ] || echo "FAULT=$fault: status $rc: $(cat err)"
	[ "$(jq -s -c '[.[] | select(.ok) | .id] | sort' out)" = "$(jq -s -c 'map(.id)' requests)" ] ||
		echo "FAULT=$fault: $(wc -l <out) lines: $(cat err)"
}

call 1 '' <requests
verdict 'without a fault all is well' "$(is_whole)"
call 1 write:0:short <requests
verdict 'every write may be short' "$(is_whole)"
call 0 read:0:short <requests
verdict 'every read of the requests may be short' "$(is_whole)"
call '' write:0:short <requests
verdict 'and every write to the program' "$(is_whole)"
call '' read:0:short <requests
verdict 'and every read from it' "$(is_whole)"
why=$(for n in 1 2 3 5; do call 1 write:$n:EINTR <requests && is_whole; done)
verdict 'an interrupted write is done again' "$why"
why=$(for n in 1 2 3 5; do call 1 write:$n:EAGAIN <requests && is_whole; done)
verdict 'a write that would block waits' "$why"
why=$(for n in 1 2; do call 0 read:$n:EINTR <requests && is_whole; done)
verdict 'an interrupted read is done again' "$why"
why=$(for n in 1 2 3; do
	call 1 write:$n:ENOSPC -j 1 <requests
	is_told 74 'cannot write standard output: No space left on device'
	has_whole_lines
done)
verdict 'a full disk is told, and nothing is cut before it' "$why"
why=$(for n in 1 2 3; do
	call 1 write:$n:EPIPE -j 1 <requests
	[ $rc = 141 ] && [ ! -s err ] || echo "FAULT=$fault: status $rc: $(cat err)"
	has_whole_lines
done)
verdict 'a reader that has gone ends it quietly' "$why"
call 0 read:1:EIO <requests
verdict 'input that cannot be read is told' "$(is_told 74 'cannot read .*: Input/output error')"
# From the first of all to those of the last answers.
why=$(for n in $(seq 1 19) $(seq 20 310 6000); do
	call 1 "malloc:$n:ENOMEM" <requests
	[ $rc = 0 ] && { is_whole; continue; } # the C library did without
	[ $rc = 71 ] && [ "$(wc -l <err)" = 1 ] || echo "FAULT=$fault: status $rc: $(cat err)"
	has_whole_lines
done)
verdict 'where memory runs out, that is its end, and what was written is whole' "$why"
tap_end
