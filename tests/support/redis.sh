# shellcheck shell=sh
# Read by scripts that want a Redis server of their own.
# shellcheck disable=SC2034 # they use what it sets

# redis_start DIR: a server in DIR that keeps nothing, on a socket; sets $redis_url. It ends with redis_stop, which the script's
# trap must call. False where there is no redis-server, or it does not come up.
redis_pid=
redis_start() {
	command -v redis-server >/dev/null || return 1
	redis-server --port 0 --unixsocket "$1/redis.sock" --save '' --appendonly no --dir "$1" >"$1/redis.log" 2>&1 &
	redis_pid=$!
	redis_url=redis+unix://$1/redis.sock
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		[ -S "$1/redis.sock" ] && return 0
		sleep 0.1
	done
	redis_stop
	return 1
}

redis_stop() {
	[ -n "$redis_pid" ] || return 0
	kill "$redis_pid" 2>/dev/null
	wait "$redis_pid" 2>/dev/null
	redis_pid=
}
