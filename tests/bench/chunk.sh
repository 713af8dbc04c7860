#!/bin/sh
# chunk: what one streamed chunk costs from its bytes to the chunk record, without the network.
set -eu
echo "== chunk: framing, JSON, dialect, record (part of the 10 us of CPU a chunk, in to out)"
"$BUILD/bench/bench_chunk"
