#!/bin/sh
# The shared state when the disk fails it: what is told, and that the store holds what was committed and nothing else.
set -u
# shellcheck source=tests/support/faults.sh
. "${top:?run by tests/run}/tests/support/faults.sh"

needs_faults cost-calc

# under FAULT WHAT: each life of each worker meets the fault once; what is told but WHAT and who gave up for it is wrong.
under() {
	rm -f store.db*
	FAULT=$1 LD_PRELOAD=$BUILD/fault/fault.so timeout -k 5 120 "$BUILD/tests/hammer" count store.db 1 7 2 >said 2>&1
	grep -v -e "^worker [01]: .*$2" -e '^worker [01] is stuck$' -e '^count: ' said
	grep -q '^count: ' said || echo "FAULT=$1: it did not come to its end"
	[ -z "$3" ] || grep -q "$2" said || echo "FAULT=$1: nobody met it: $(cat said)"
}

for n in 6 7 8 9 10 11 12 13 20 45 90; do
	verdict "a disk that is full at write $n" "$(under "write:$n:ENOSPC" 'no room is left to write it' must)"
done
for n in 8 9 20; do
	verdict "a disk that fails at write $n" "$(under "write:$n:EIO" 'store.db: disk I/O error' must)"
done
for n in 1 2 3 4 5; do
	verdict "a disk that fails at sync $n" "$(under "fdatasync:$n:EIO,fsync:$n:EIO" 'store.db: disk I/O error' '')"
done
verdict 'every write may be short' "$(under write:0:short 'nothing' '')"
tap_end
