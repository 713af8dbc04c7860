#!/bin/sh
# cost-calc when the system fails it: what is told, the exit status, and that what was written is whole lines.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"

needs_faults cost-calc

# price FAULT [ARG...]: out, err and $rc of a run under that fault.
price() {
	fault=$1
	shift
	FAULT=$fault LD_PRELOAD=$BUILD/fault/fault.so timeout 60 "$BUILD/bin/cost-calc" -q --date 2026-08-10 "$@" >out 2>err
	rc=$?
}

# Enough for several writes of the size that cost-calc collects.
awk 'BEGIN { for (i = 1; i <= 4000; i++) printf "{\"type\":\"response\",\"id\":%d,\"ok\":true,\"provider\":\"openai\"," \
	"\"model\":\"gpt-4\",\"usage\":{\"tokensIn\":%d,\"tokensOut\":7}}\n", i, i }' >records
head -n 200 records >few
price '' records
cp out whole
price '' few
cp out whole-few
[ "$(wc -c <whole)" -gt 600000 ] || echo "Bail out! no output to compare with: $(cat err)"

# Each says in a line what is not so, or nothing.
is_whole() { [ $rc = 0 ] && cmp -s out "$1" || echo "FAULT=$fault: status $rc, $(wc -c <out) bytes: $(cat err)"; }
is_prefix() {
	size=$(wc -c <out)
	head -c "$size" "$1" | cmp -s - out || echo "FAULT=$fault: what was written is not the beginning of the output"
	[ "$size" = 0 ] || [ "$(tail -c 1 out | od -An -c)" = '  \n' ] || echo "FAULT=$fault: the last line is cut"
}

price write:0:short few
verdict 'every write may be short' "$(is_whole whole-few)"
price read:0:short few
verdict 'every read may be short' "$(is_whole whole-few)"
# shellcheck disable=SC2094 # records is read, and nothing writes it
verdict 'so may those of a pipe' "$(price read:0:short,write:0:short - <few && is_whole whole-few)"

why=$(for n in 1 2 3; do price write:$n:EINTR records && is_whole whole; done)
verdict 'an interrupted write is done again' "$why"
why=$(for n in 1 2 3; do price write:$n:EAGAIN records && is_whole whole; done)
verdict 'a write that would block waits' "$why"

why=$(for n in 1 2 3; do
	price write:$n:ENOSPC records
	is_told 74 'cannot write the output: No space left on device'
	is_prefix whole
done)
verdict 'a full disk is told, and nothing is cut before it' "$why"
price write:3:ENOSPC records
verdict 'the writes before it are there' "$([ -s out ] || echo 'nothing was written')"

# until_well CALL ERRNO STATUS WORDS: each CALL in turn fails and is told, until one more than there are changes nothing.
until_well() {
	n=0
	while [ $((n += 1)) -lt 1000 ]; do
		price "$1:$n:$2" records
		[ $rc = 0 ] && break
		is_told "$3" "$4"
		is_prefix whole
	done
	is_whole whole
	[ $n -gt 5 ] || echo "only $n times $1"
}
until_well read EIO 74 'cannot read .*: Input/output error' >why
reads=$n
verdict 'a read that fails is told, whatever is read' "$(cat why)"
why=$(for n in $(seq "$reads"); do price "read:$n:EINTR" records && is_whole whole; done)
verdict 'an interrupted read is done again' "$why"
verdict 'a file that cannot be opened is told, whichever it is' "$(until_well open EMFILE 74 'cannot open .*: Too many open files')"

# The first of all, then some of the many that follow from the price rows.
why=$(refused=0
for n in $(seq 1 100) $(seq 120 37 1500); do
	price "malloc:$n:ENOMEM" few
	[ $rc = 0 ] && { is_whole whole-few; continue; } # the C library did without
	refused=$((refused + 1))
	is_told 71 'memory'
	is_prefix whole-few
done
[ "$refused" -gt 100 ] || echo "only $refused of them ended it")
verdict 'running out of memory is told, and ends it with 71' "$why"
price malloc:1+:ENOMEM few
verdict 'so does having none at all' "$(is_told 71 'memory')"
price write:1:nonsense few
verdict 'a fault that nobody understands is refused' "$([ $rc = 70 ] || echo "status $rc")"
tap_end
