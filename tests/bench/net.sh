#!/bin/sh
# net: the CPU that a streamed chunk and a short request cost, beside libcurl alone, and the memory of a stream in flight.
set -eu
echo "== net: http and frame (budget: 10 us of CPU a chunk in to out; 64 KiB a stream in flight)"
no_proxy='*' "$BUILD/bench/bench_net"
