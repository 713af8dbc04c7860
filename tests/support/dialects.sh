# shellcheck shell=sh
# Read by the scripts that ask every dialect of llm-mock: their names, and how each is configured.

# shellcheck disable=SC2034 # for who reads this
dialects='openai-chat openai-responses azure-openai anthropic-messages gemini vertex-gemini vertex-anthropic cohere-v2 bedrock-converse ollama'

# provider NAME DIALECT URL [FAULT]: its entry in a configuration; llm-mock is asked for the fault.
provider() {
	case $2 in
	azure-openai) places=', deployment: d, apiVersion: 2024-10-21' ;;
	vertex-*) places=', project: p, location: us-east5' ;;
	bedrock-*) places=', region: us-east-1' ;;
	*) places= ;;
	esac
	printf '  %s: {dialect: %s, baseUrl: "%s", key: key-of-the-test%s%s}\n' "$1" "$2" "$3" "$places" \
		"${4:+, headers: {x-mock-fault: \"$4\"\}}"
}
