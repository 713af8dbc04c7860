#!/bin/sh
# load: 10,000 requests in one process, whole answers and streams, beside a bare libcurl multi loop and a node client that do the same.
# REQUESTS=10000 and JOBS=512 by default. Needs python3 to measure; node where it is there.
set -eu
. tests/support/bench_mock.sh

bench_mock <<-END
	answers:
	  - {when: {contains: stream}, text: "word ", repeat: 20, ttft: 20ms, perTokenDelay: 2ms}
	  - {text: done, ttft: 50ms}
END

python3 - "${REQUESTS:-10000}" "${JOBS:-512}" <<'END'
import json, os, shutil, subprocess, sys, time

REQUESTS, JOBS = int(sys.argv[1]), int(sys.argv[2])
URL = os.environ["OPENAI_BASE_URL"] + "/chat/completions"


def run(args, given=os.devnull):
    """Wall seconds, CPU seconds, peak MiB and the most descriptors open of one process."""
    start, most = time.perf_counter(), 0
    with open(given) as stdin:
        child = subprocess.Popen(["/usr/bin/time", "-f", "%M", "-o", "peak"] + args, stdin=stdin, stdout=subprocess.DEVNULL)
    while True:
        done, status, usage = os.wait4(child.pid, os.WNOHANG)
        if done:
            break
        for pid in subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True).stdout.split():
            try:
                most = max(most, len(os.listdir(f"/proc/{pid}/fd")))
            except OSError:
                pass
        time.sleep(0.2)
    if status:
        sys.exit(f"{args[0]} ended with {status}")
    with open("peak") as peak:
        return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, int(peak.read().split()[-1]) / 1024, most


def table(what, prompt, stream, ideal):
    with open("requests", "w") as out:
        for _ in range(REQUESTS):
            out.write(json.dumps({"prompt": prompt, "options": {"stream": stream}}) + "\n")
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], "stream": stream}
    post = [URL, str(REQUESTS), str(JOBS), json.dumps(body)]
    rows = [("llm-call", run(["llm-call", "-m", "openai:m", "-j", str(JOBS)], "requests")),
            ("libcurl multi, bare", run([os.environ["BUILD"] + "/bench/bench_multi"] + post))]
    if shutil.which("node"):
        rows.append(("node http", run(["node", os.environ["top"] + "/tests/bench/load.js"] + post)))
    print(f"== {REQUESTS} {what}, {JOBS} at once")
    for name, (wall, cpu, peak, most) in rows:
        print(f"{name:22} {wall:6.2f} s  {100 * ideal / wall:5.1f} % of ideal  {cpu / REQUESTS * 1e6:5.0f} us CPU a request"
              f"  {peak:6.1f} MiB  {most} descriptors")


table("answers of 50 ms", "hello", False, REQUESTS / JOBS * 0.050)
table("streams of 20 chunks, 60 ms", "stream", True, REQUESTS / JOBS * 0.060)
END
