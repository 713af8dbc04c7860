#!/bin/sh
# make install and make uninstall: contrib/install.sh [--uninstall] PROGRAM...
# BUILD, PREFIX, DESTDIR and INSTALL come from the Makefile.
set -eu
PREFIX=${PREFIX:-/usr/local}
DESTDIR=${DESTDIR:-}
BUILD=${BUILD:-build}
INSTALL=${INSTALL:-install}
root=$DESTDIR$PREFIX
uninstall=
if [ "${1:-}" = --uninstall ]; then
	uninstall=1
	shift
fi

# put MODE FILE DIRECTORY [NAME]
put() {
	to=$3/${4:-$(basename "$2")}
	if [ -n "$uninstall" ]; then
		rm -f "$to"
	else
		$INSTALL -d "$3"
		$INSTALL -m "$1" "$2" "$to"
	fi
}

for p; do
	put 755 "$BUILD/bin/$p" "$root/bin"
	put 644 "$BUILD/completions/$p.bash" "$root/share/bash-completion/completions" "$p"
	put 644 "$BUILD/completions/$p.zsh" "$root/share/zsh/site-functions" "_$p"
	put 644 "$BUILD/completions/$p.fish" "$root/share/fish/vendor_completions.d" "$p.fish"
done
for m in man/man[157]/*; do
	put 644 "$m" "$root/share/$(dirname "$m")"
done
find share -type f | sort | while read -r f; do
	put 644 "$f" "$root/share/agentflow/$(dirname "${f#share/}")"
done
put 644 README.md "$root/share/doc/agentflow"
find examples -type f ! -name '*.answer*' | sort | while read -r f; do
	put 644 "$f" "$root/share/doc/agentflow/$(dirname "$f")"
done
for d in "$root/share/agentflow" "$root/share/doc/agentflow"; do
	[ -z "$uninstall" ] || [ ! -d "$d" ] || find "$d" -depth -type d -exec rmdir {} + 2>/dev/null || :
done
