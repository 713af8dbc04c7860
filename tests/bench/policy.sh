#!/bin/sh
# Policy: what routing asks of a request costs, by size of the request; what guards cost over text.
set -eu
bench=$BUILD/bench/bench_policy

echo 'policy: facts and conditions of one request; one core, the best of 5 rounds'
"$bench" facts
echo
echo 'policy: guards'
"$bench" guards
