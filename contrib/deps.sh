#!/bin/sh
# Install every build, test and lint dependency from the system's packages, asking nothing.
set -eu

say() { printf '%s\n' "deps: $*"; }

as_root() {
	if [ "$(id -u)" = 0 ]; then "$@"; elif command -v sudo >/dev/null; then sudo "$@"; else
		say "must run as root (or have sudo) to install packages: $*" >&2
		exit 77
	fi
}

# have LIST...: only the packages that are missing are installed, so that a second run needs no network.
missing_deb() {
	for p; do
		[ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null | cut -c1-2)" = ii ] || printf '%s ' "$p"
	done
}

# The tests start a Redis server of their own where there is one. Installing it would leave a daemon behind, so that is for machines
# which are thrown away; RUNLEVEL=1 keeps Debian's package from starting it.
server() { [ -z "${CI:-}" ] || echo "$1"; }

if command -v apt-get >/dev/null; then
	want="gcc make pkg-config libcurl4-openssl-dev libssl-dev libuv1-dev libyaml-dev libjq-dev libonig-dev libmicrohttpd-dev
		libsqlite3-dev libhiredis-dev tzdata libcmocka-dev valgrind clang clang-format cppcheck mandoc shellcheck jq curl python3
		$(server redis-server)"
	# shellcheck disable=SC2086 # a list of words
	need=$(missing_deb $want)
	if [ -z "$need" ]; then say "all Debian packages are there"; exit 0; fi
	say "apt-get install $need"
	as_root apt-get update -qq
	# shellcheck disable=SC2086
	as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $need >/dev/null
elif command -v dnf >/dev/null; then
	say "dnf install"
	# shellcheck disable=SC2046 # a name or nothing
	as_root dnf install -y -q gcc make pkgconf-pkg-config libcurl-devel openssl-devel libuv-devel libyaml-devel jq-devel oniguruma-devel \
		libmicrohttpd-devel sqlite-devel hiredis-devel tzdata libcmocka-devel valgrind clang clang-tools-extra cppcheck mandoc ShellCheck jq curl python3 \
		$(server redis)
elif command -v apk >/dev/null; then
	say "apk add"
	# shellcheck disable=SC2046
	as_root apk add -q build-base pkgconf curl-dev openssl-dev libuv-dev yaml-dev jq-dev oniguruma-dev libmicrohttpd-dev sqlite-dev hiredis-dev tzdata cmocka-dev \
		valgrind clang clang-extra-tools cppcheck mandoc shellcheck jq curl python3 $(server redis)
elif command -v pacman >/dev/null; then
	say "pacman -S"
	# shellcheck disable=SC2046
	as_root pacman -S --noconfirm --needed -q base-devel pkgconf curl openssl libuv libyaml jq oniguruma libmicrohttpd sqlite hiredis tzdata cmocka valgrind \
		clang cppcheck mandoc shellcheck python $(server redis)
elif command -v brew >/dev/null; then
	say "brew install"
	# shellcheck disable=SC2046
	brew install -q pkg-config curl openssl libuv libyaml jq oniguruma libmicrohttpd sqlite hiredis cmocka clang-format cppcheck mandoc shellcheck \
		$(server redis)
else
	say "no package manager known here (apt, dnf, apk, pacman, brew); install: libcurl libssl libcrypto libuv libyaml libjq libmicrohttpd libsqlite3 hiredis cmocka" >&2
	exit 78
fi
say "done"
