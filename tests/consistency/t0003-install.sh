#!/bin/sh
# What make install puts in place works from wherever it is moved, and make uninstall removes all of it.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
tmp=$(mktemp -d "${TMPDIR:-/tmp}/install.XXXXXX") || exit 71
mock=
trap '[ -z "$mock" ] || kill "$mock" 2>/dev/null; rm -rf "$tmp"' EXIT
unset AGENTFLOW_SHARE AGENTFLOW_MODEL OPENAI_BASE_URL OPENAI_API_KEY
HOME=$tmp/home
XDG_CONFIG_HOME=$tmp/home/.config
export HOME XDG_CONFIG_HOME

# said_by COMMAND...: what it said, where it did not end well.
said_by() {
	text=$("$@" 2>&1) || echo "ended with status $?: $text"
}

# differs IS SHOULD_BE
differs() {
	[ "$1" = "$2" ] || echo "got: $1"
}

# What is built is up to date, so none of the flags that this make was not given matters.
# shellcheck disable=SC2317 # said_by runs it
install_into() {
	MAKEFLAGS='' MFLAGS='' ${MAKE:-make} --no-print-directory BUILD="$BUILD" PREFIX=/usr DESTDIR="$1" "$2"
}

verdict 'make install' "$(said_by install_into "$tmp/here" install)"
mv "$tmp/here" "$tmp/there"
bin=$tmp/there/usr/bin
share=$tmp/there/usr/share

missing=$(for c in cmd/*.c; do
	p=$(basename "$c" .c)
	for f in "$bin/$p" "$share/man/man1/$p.1" "$share/bash-completion/completions/$p" "$share/zsh/site-functions/_$p" \
		"$share/fish/vendor_completions.d/$p.fish"; do
		[ -s "$f" ] || echo "no $f"
	done
done
for f in man/man*/* share/*/* README.md examples/*/*.*; do
	case $f in
	*.answer | */agents) continue ;;
	man/*) to=$share/$f ;;
	README.md | examples/*) to=$share/doc/agentflow/$f ;;
	*) to=$share/agentflow/${f#share/} ;;
	esac
	cmp -s "$f" "$to" || echo "no $to"
done)
verdict 'programs, manuals, completions, data and examples are in place' "$missing"

cd "$tmp" || exit 71
said=$("$bin/llm-call" -n -m openai:gpt-4o hi 2>&1 | jq -r .url)
verdict 'llm-call finds its presets in the moved tree' "$(differs "$said" https://api.openai.com/v1/chat/completions)"
said=$("$bin/cost-calc" --explain openai:gpt-4o 2>&1 | jq -r .id)
verdict 'cost-calc finds its prices in the moved tree' "$(differs "$said" gpt-4o)"

"$bin/llm-mock" -n 1 >mock.log 2>mock.err &
mock=$!
tries=0
until [ -s mock.log ] || [ $tries -ge 200 ]; do
	tries=$((tries + 1))
	sleep 0.05
done
if grep -q libmicrohttpd mock.err; then
	verdict 'dag-run finds the llm-call beside it # SKIP built without libmicrohttpd' ''
else
	cat >w.yaml <<'END'
apiVersion: agentflow.io/v1
kind: Workflow
metadata: {name: echo}
spec:
  nodes:
    - {name: ask, kind: prompt, model: "openai:gpt-4o-mini", prompt: hello}
  output: .nodes.ask.output
END
	said=$(OPENAI_BASE_URL=$(jq -r .url mock.log) OPENAI_API_KEY=any PATH=/usr/bin:/bin "$bin/dag-run" w.yaml 2>&1 |
		jq -r 'select(.event == "run.finished") | .output')
	verdict 'dag-run finds the llm-call beside it' "$(differs "$said" hello)"
fi

if command -v bash >/dev/null; then
	said=$(for f in "$share"/bash-completion/completions/*; do
		p=$(basename "$f")
		bash -c '. "$1" && complete -p "$2" >/dev/null && COMP_WORDS=("$2" --vers) COMP_CWORD=1 &&
			"$(complete -p "$2" | sed "s/.*-F \([^ ]*\).*/\1/")" "$2" --vers "$2" && [ "${COMPREPLY[*]}" = --version ]' \
			sh "$f" "$p" 2>&1 || echo "$p is not completed"
	done)
	verdict 'completions load in bash' "$said"
	said=$(bash -c '. "$1" && COMP_WORDS=(llm-breaker re) COMP_CWORD=1 && _llm-breaker && echo "${COMPREPLY[*]}"' \
		sh "$share/bash-completion/completions/llm-breaker" 2>&1)
	verdict 'and know the commands of a program that has some' "$(differs "$said" reset)"
fi

cd "$top" || exit 71
verdict 'make uninstall' "$(said_by install_into "$tmp/there" uninstall)"
verdict 'it leaves nothing' "$(find "$tmp/there" ! -type d; find "$tmp/there" -name agentflow)"
tap_end
