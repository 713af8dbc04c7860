#!/bin/sh
# failover: what llm-failover costs over llm-call alone, the same requests to the same mock: a request, and a streamed chunk. Needs
# python3 to measure. REQUESTS=10000 and CHUNKS=10000 by default.
set -eu
. tests/support/bench_mock.sh

CHUNKS=${CHUNKS:-10000}
bench_mock <<-END
	answers:
	  - {when: {contains: many}, text: "word ", repeat: $CHUNKS}
	  - {text: "Hello, world."}
END

python3 - "${REQUESTS:-10000}" "$CHUNKS" <<'END'
import json, os, subprocess, sys, time

REQUESTS, CHUNKS, STREAMS, JOBS = int(sys.argv[1]), int(sys.argv[2]), 10, "16"


def run(args, given):
    """Wall and CPU seconds of a process and all that it waited for."""
    start = time.perf_counter()
    with open(given) as stdin:
        child = subprocess.Popen(args, stdin=stdin, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{args[0]} ended with {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def best(args, given):
    """The least of five: what else the machine does only adds."""
    runs = [run(args, given) for _ in range(5)]
    return min(r[0] for r in runs), min(r[1] for r in runs)


def requests(name, n, prompt, stream):
    with open(name, "w") as out:
        for _ in range(n):
            out.write(json.dumps({"prompt": prompt, "options": {"stream": stream}}) + "\n")
    return name


def row(what, value, budget):
    print(f"{what:58} {value:>10}   budget {budget}")


with open("policy.yaml", "w") as out:
    out.write("version: 1\nroutes:\n  - {name: all, use: [openai:m, openai:n]}\nbackoff: {budget: 20%}\n")

few, many = requests("few", REQUESTS, "hi", False), requests("many", STREAMS, "many", True)
call = ["llm-call", "-j", JOBS, "-m", "openai:m"]
over = ["llm-failover", "-j", JOBS, "-m", "openai:m"]
policy = ["llm-failover", "-j", JOBS, "-p", "policy.yaml", "--store"]

print("== llm-failover over llm-call alone")
alone = best(call, few)
for what, args in (("no policy, no store", over + ["--no-store"]), ("a policy, SQLite", policy + ["store.db"])):
    wall, cpu = best(args, few)
    row(f"a request, {what}: CPU us (of {alone[1] / REQUESTS * 1e6:.0f} alone)", f"{(cpu - alone[1]) / REQUESTS * 1e6:.1f}", "100")
    row("  wall us", f"{(wall - alone[0]) / REQUESTS * 1e6:.1f}", "100")
alone = best(call, many)
n = STREAMS * CHUNKS
for what, args in (("no policy", over + ["--no-store"]), ("by a policy", policy + ["store.db"])):
    wall, cpu = best(args, many)
    row(f"a chunk, {what}: CPU us (of {alone[1] / n * 1e6:.2f} alone)", f"{(cpu - alone[1]) / n * 1e6:.2f}", "5")
    row("  wall us", f"{(wall - alone[0]) / n * 1e6:.2f}", "5")
END
