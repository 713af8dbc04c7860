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
	until [ -S "$1/redis.sock" ]; do
		kill -0 "$redis_pid" 2>/dev/null || return 1
		sleep 0.05
	done
}

redis_stop() {
	[ -n "$redis_pid" ] || return 0
	kill "$redis_pid" 2>/dev/null
	wait "$redis_pid" 2>/dev/null
	redis_pid=
}
