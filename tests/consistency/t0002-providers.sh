#!/bin/sh
# agentflow-providers(7) prints data: its tables are those of the presets, the error table, the dialects' stops and the fault matrix.
# Each stands between '.\" NAME' and '.\" end'; SHOW=NAME prints what must stand there.
set -u
# shellcheck source=tests/support/tap.sh
. "${top:?run by tests/run}/tests/support/tap.sh"
cd "$top" || exit 71
page=man/man7/agentflow-providers.7

# A dialect's stops, those of one meaning together.
stops() {
	awk '/^\t\{ "[A-Za-z_]+", STOP_[A-Z]+ \}/ {
		gsub(/[{}",]/, " ")
		stop = tolower(substr($2, 6))
		if (!(stop in words)) order[n++] = stop
		words[stop] = words[stop] (words[stop] ? " , " : "") $1
	}
	END { for (i = 0; i < n; i++) printf ".It Dq %s\n.Li %s\n", order[i], words[order[i]] }' "lib/llm/$1.c"
}

# What comes of each fault, the rows of one fault together; dialects that differ stand behind "but".
faults() {
	grep -v '^#' tests/fault/matrix.tsv | awk -F '\t' '
		function meant(kind, retryable) {
			if (kind == "ok") return "no error"
			return ".Sy " kind (retryable == "yes" ? " , No retryable" : " , No not retryable")
		}
		$1 != fault { printf ".It %s\n", fault = $1; lines = 0 }
		{
			if (lines++) print ".br"
			if ($4 != "both") print ($4 == "whole" ? "whole:" : "streamed:")
			print meant($5, $6)
			if ($7 != "-") printf ".Sy retryAfterMs No %s\n", $7
			n = split($8 == "-" ? "" : $8, but, "; ")
			for (i = 1; i <= n; i++) {
				split(but[i], of, "=")
				split(of[2], is, "/")
				gsub(/,/, " , ", of[1])
				printf ".br\nbut\n%s\nfor\n.Cm %s\n", meant(is[1], is[2]), of[1]
			}
		}'
}

rows() {
	case $1 in
	presets) "$BUILD/tests/provider_rows" presets share ;;
	faults) faults ;;
	errors) "$BUILD/tests/provider_rows" errors ;;
	stops-*) stops "${1#stops-}" ;;
	esac
}

if [ -n "${SHOW:-}" ]; then
	rows "$SHOW"
	exit
fi
for table in presets stops-openai_chat_read stops-openai_responses_read stops-anthropic_messages stops-gemini stops-ollama stops-bedrock stops-cohere errors faults; do
	want=$BUILD/tests/log/rows.$table
	rows "$table" >"$want"
	page_verdict "the manual's table of $table is the data's" "$page" "$table" "$want"
done
tap_end
