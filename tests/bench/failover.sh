#!/bin/sh
# failover: what llm-failover costs over llm-call alone, the same requests to the same mock: a request and a streamed chunk, by how many
# are in flight and by what the policy has; how long each takes to start, and what memory they take together; and what a store that is far
# away lets through. Needs python3 to measure.
# REQUESTS=4000 and CHUNKS=10000 by default.
set -eu
. tests/support/bench_mock.sh
. tests/support/redis.sh

CHUNKS=${CHUNKS:-10000}
bench_mock <<-END
	answers:
	  - {when: {contains: many}, text: "word ", repeat: $CHUNKS}
	  - {when: {contains: slow}, text: "word ", repeat: 40, perTokenDelay: 50ms}
	  - {text: "Hello, world."}
END

trap 'redis_stop; kill $mock 2>/dev/null; rm -rf "$dir"' EXIT
redis_start "$dir" || redis_url=

python3 - "${REQUESTS:-4000}" "$CHUNKS" "$redis_url" <<'END'
import asyncio, json, os, subprocess, sys, threading, time

REQUESTS, CHUNKS, STREAMS, ROUNDS = int(sys.argv[1]), int(sys.argv[2]), 10, 5
POLICIES = {
    "routes, breaker": "routes: [{name: code, match: {tags: {team: core}}, use: openai:n}, {name: all, use: [openai:m, openai:n]}]\n"
                       "breaker: {window: 30s, minRequests: 10, errorRatio: 0.5}\nbackoff: {budget: 20%}\n",
    "budgets, too": "routes: [{name: all, use: [openai:gpt-4o-mini, openai:n]}]\n"
                    "budgets: [{name: all, limitUsd: 1000, window: 1h}, {name: team, per: .tags.team, limitUsd: 1000, window: day}]\n",
}


def run(args, given=os.devnull):
    """CPU and wall microseconds of a process and all that it waited for."""
    start = time.perf_counter()
    with open(given) as stdin:
        child = subprocess.Popen(args, stdin=stdin, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{args[0]} ended with {status}")
    return (usage.ru_utime + usage.ru_stime) * 1e6, (time.perf_counter() - start) * 1e6


def best(commands, given=os.devnull, rounds=ROUNDS):
    """The least of each: what else the machine does only adds. In turns, so that it adds to all alike."""
    runs = [[run(args, given) for args in commands] for _ in range(rounds)]
    return [[min(r[i][j] for r in runs) for j in (0, 1)] for i in range(len(commands))]


def requests(name, n, prompt, stream):
    with open(name, "w") as out:
        for _ in range(n):
            out.write(json.dumps({"prompt": prompt, "tags": {"team": "web"},
                                  "options": {"stream": stream, "maxTokens": 100}}) + "\n")
    return name


def peaks(args, given):
    """KiB that all processes below took together, at their peaks."""
    with open(given) as stdin:
        child = subprocess.Popen(args, stdin=stdin, stdout=subprocess.DEVNULL)
    most = {}
    while child.poll() is None:
        below = subprocess.run(["pgrep", "-P", str(child.pid)], capture_output=True, text=True).stdout.split()
        for pid in [str(child.pid)] + below:
            try:
                with open(f"/proc/{pid}/status") as status:
                    most.update((pid, int(line.split()[1])) for line in status if line.startswith("VmHWM"))
            except OSError:
                pass
        time.sleep(0.02)
    return sum(most.values())


def row(what, figures, budget=None):
    told = "" if budget is None else f"   budget {budget}" + ("  MISSED" if figures[0] > budget else "")
    print(f"{what:44}" + "".join(f"{f:10.2f}" for f in figures) + told)


for name, text in POLICIES.items():
    with open(name + ".yaml", "w") as out:
        out.write("version: 1\n" + text)


def commands(jobs):
    over = ["llm-failover", "-q", "-j", str(jobs)]
    return [["llm-call", "-q", "-j", str(jobs), "-m", "openai:m"], over + ["-m", "openai:m", "--no-store"]] + [
        over + ["-p", name + ".yaml", "--store", name + ".db"] for name in POLICIES]


def table(what, given, count, budget):
    for jobs in (1, 8, 64):
        alone, *over = best(commands(jobs), given)
        row(f"{what}, -j {jobs}: llm-call alone", [v / count for v in alone])
        for name, figures in zip(["no policy, no store"] + list(POLICIES), over):
            row(f"  more by {name}", [(f - a) / count for f, a in zip(figures, alone)], budget)


print("== llm-failover over llm-call alone: us of CPU, which is judged, and by the clock on the wall, which an idle machine keeps")
table("a request", requests("few", REQUESTS, "hi", False), REQUESTS, 100)
table("a chunk", requests("many", STREAMS, "many", True), STREAMS * CHUNKS, 5)

print("== one request, whole process: ms of CPU, ms by the clock")
one = requests("one", 1, "hi", False)
alone, *over = best(commands(1), one, 21)
row("llm-call alone", [v / 1e3 for v in alone])
for name, figures in zip(["no policy, no store"] + list(POLICIES), over):
    row(f"  more by {name}", [(f - a) / 1e3 for f, a in zip(figures, alone)])

print("== memory, both processes together: KiB")
slow = requests("slow", 256, "slow", True)
over = ["llm-failover", "-q", "-j", "256", "-m", "openai:m", "--no-store"]
row("a stream in flight, -j 256", [(peaks(over, slow) - peaks(over, requests("slow1", 1, "slow", True))) / 255])


async def carry(reader, writer, delay):
    """What one side says, to the other, so much later."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(1 << 16):
        loop.call_later(delay, writer.write, data)
    writer.close()


def put_away(name, ms):
    """A socket behind which the Redis server is so far away."""
    async def meet(reader, writer):
        server, to_server = await asyncio.open_unix_connection("redis.sock")
        await asyncio.gather(carry(reader, to_server, 0), carry(server, writer, ms / 1e3))

    loop = asyncio.new_event_loop()
    loop.run_until_complete(asyncio.start_unix_server(meet, name))
    threading.Thread(target=loop.run_forever, daemon=True).start()


def far(ms, count):
    """Requests a second, and the largest gap in a stream meanwhile."""
    name = f"{os.getcwd()}/{ms}.sock"
    put_away(name, ms)
    with open("far", "w") as out:
        for given in ["slow"] + count * ["few"]:
            with open(given) as source:
                out.write(source.readline())
    last, gap, start = None, 0, time.perf_counter()
    with open("far") as stdin:
        child = subprocess.Popen(["llm-failover", "-q", "-j", "64", "-p", "budgets, too.yaml", "--store", "redis+unix://" + name],
                                 stdin=stdin, stdout=subprocess.PIPE)
    for line in child.stdout:
        now = time.perf_counter()
        if b'"seq":' in line:
            gap, last = max(gap, now - (last or now)), now
        elif count:
            count, end = count - 1, now
            if not json.loads(line)["ok"]:
                sys.exit(line)
    child.wait()
    return end - start, gap


if sys.argv[3]:
    print("== a store that is far away, two budgets, -j 64: requests a second, and ms of the largest gap in a stream of a word each 50 ms")
    for ms, count in ((1, REQUESTS), (5, REQUESTS), (500, 256)):
        took, gap = far(ms, count)
        row(f"answers take {ms} ms", [count / took, gap * 1e3])
END
