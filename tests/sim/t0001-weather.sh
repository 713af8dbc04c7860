#!/bin/sh
# What must hold in every weather, and what must never happen: some seconds of virtual time's worth of `make sim`.
set -u
cd "${top:?run by tests/run}" || exit 71
exec "${BUILD:?}/tests/sim" -c -n "${SIM_REQUESTS:-10000}" -x "${SIM_WORLDS:-300}"
