#!/bin/sh
# call: llm-call beside curl on the same bytes, many calls at once beside the ideal, and what a streamed chunk costs. Needs python3 to
# measure. REQUESTS=10000 and JOBS=256 by default.
set -eu
. tests/support/bench_mock.sh

bench_mock <<-END
	answers:
	  - {when: {contains: wait}, text: done, ttft: 50ms}
	  - {when: {contains: many}, text: "word ", repeat: 100000}
	  - {when: {contains: paced}, text: "word ", repeat: 1000, perTokenDelay: 1ms}
	  - {when: {contains: slow}, text: "word ", repeat: 40, perTokenDelay: 50ms}
	  - {text: "Hello, world."}
END

python3 - "${REQUESTS:-10000}" "${JOBS:-256}" <<'END'
import json, os, subprocess, sys, time

REQUESTS, JOBS = int(sys.argv[1]), int(sys.argv[2])
URL = os.environ["OPENAI_BASE_URL"] + "/chat/completions"


def peak(args, stdin=None):
    """Peak KiB of one process, started by a small one: a child's peak begins with its parent's."""
    with open(stdin or os.devnull) as given:
        done = subprocess.run(["/usr/bin/time", "-f", "%M"] + args, stdin=given, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=True)
    return int(done.stderr)


def run(args, stdin=None):
    """Wall seconds and CPU seconds of one process."""
    start = time.perf_counter()
    with open(stdin or os.devnull) as given:
        child = subprocess.Popen(args, stdin=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{args[0]} ended with {status}")
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime


def median(values):
    return sorted(values)[len(values) // 2]


def requests(name, n, prompt, stream=False):
    with open(name, "w") as out:
        for _ in range(n):
            out.write(json.dumps({"prompt": prompt, "options": {"stream": stream}}) + "\n")
    return name


def row(what, value, budget):
    print(f"{what:54} {value:>22}   budget {budget}")


body = '{"model":"m","messages":[{"role":"user","content":"hi"}],"stream":false}'
curl = ["curl", "-s", URL, "-H", "content-type: application/json", "-H", "authorization: Bearer bench-key", "-d", body]
ours = ["llm-call", "-m", "openai:m", "hi"]
timed = [(run(ours), run(curl)) for _ in range(101)]
call_ms, curl_ms = (median([t[i][0] for t in timed]) * 1000 for i in (0, 1))
print("== llm-call")
row("one request, whole process: ms, curl's, ratio", f"{call_ms:.2f} {curl_ms:.2f} {call_ms / curl_ms:.2f}", "1.20")
row("  peak memory, MiB (curl's)", f"{peak(ours) / 1024:.1f} ({peak(curl) / 1024:.1f})", "12")

model = ["llm-call", "-m", "openai:m"]
wall, cpu = run(model + ["-j", str(JOBS)], requests("wait", REQUESTS, "wait"))
ideal = REQUESTS / JOBS * 0.050
row(f"-j {JOBS}, {REQUESTS} requests of 50 ms: s, % of ideal", f"{wall:.2f} {100 * ideal / wall:.1f} %", "95 %")
with open("parallel.curl", "w") as config:
    body = '{\\"model\\":\\"m\\",\\"messages\\":[{\\"role\\":\\"user\\",\\"content\\":\\"wait\\"}]}'
    config.write("next\n".join(
        f'url = "{URL}"\nheader = "content-type: application/json"\nheader = "authorization: Bearer bench-key"\n'
        f'data = "{body}"\noutput = /dev/null\n' for _ in range(REQUESTS)))
peer, _ = run(["curl", "-s", "-Z", "--parallel-max", str(JOBS), "-K", "parallel.curl"])
row(f"  curl -Z --parallel-max {JOBS}, the same: s, % of ideal", f"{peer:.2f} {100 * ideal / peer:.1f} %", "-")
row("  CPU a request, us", f"{cpu / REQUESTS * 1e6:.0f}", "-")
one = peak(model + ["-j", "1"], requests("slow1", 1, "slow", True))
many = peak(model + ["-j", str(JOBS)], requests("slow", JOBS, "slow", True))
row("  memory a stream in flight, KiB", f"{(many - one) / (JOBS - 1):.1f}", "64")

base = median([run(model, requests("one", 1, "hi", True))[1] for _ in range(11)])
many = median([run(model, requests("many", 1, "many", True))[1] for _ in range(5)])
row("a streamed chunk, in to out: us CPU, many at once", f"{(many - base) / 100000 * 1e6:.2f}", "10")
follow = ["curl", "-sN", URL, "-H", "content-type: application/json", "-H", "authorization: Bearer bench-key", "-d",
          '{"model":"m","messages":[{"role":"user","content":"paced"}],"stream":true}']
pairs = [(run(model, requests("paced", 1, "paced", True))[1], run(follow)[1]) for _ in range(7)]
row("  1000 a second, whole process: ms CPU (curl -N's)",
    f"{median([p[0] for p in pairs]) * 1000:.0f} ({median([p[1] for p in pairs]) * 1000:.0f})", "-")
END
