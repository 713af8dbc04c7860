# A generateContent request without what may be spelled in two ways: snake_case names, one object for a list of one, schemas in
# either dialect, an absent role, empty lists and objects, turns of one side as one turn, functions spread over several tools.
def known: with_entries(select(.value != null));
def list: if . == null then [] elif type == "array" then . else [.] end;
def name: if contains("_") then split("_") | [.[0]] + [.[1:][] | (.[0:1] | ascii_upcase) + .[1:]] | join("") else . end;
# Names of the API's own members; what users name (arguments, schemas' properties, results) stays.
def camel:
  if type == "array" then map(camel)
  elif type == "object" then
    with_entries(.key |= name
      | if .key | . == "args" or . == "response" or . == "parameters" or . == "parametersJsonSchema" or . == "responseSchema"
                  or . == "responseJsonSchema" or . == "labels" then .
        else .value |= camel end)
  else . end;
def schema:
  if type == "object" then
    with_entries(if .key == "type" and (.value | type) == "string" then .value |= ascii_downcase
                 elif .key == "enum" or .key == "required" or .key == "default" then .
                 else .value |= schema end)
  elif type == "array" then map(schema) else . end;
def function: known | {name, description, parameters: (.parametersJsonSchema // .parameters | if . == null or (.properties // {}) == {} then null else schema end)} | known;
def part: known | if .functionCall then .functionCall |= known else . end | if .functionResponse then .functionResponse |= known else . end;
def merged: reduce .[] as $m ([]; if length > 0 and .[-1].role == $m.role then .[-1].parts += $m.parts else . + [$m] end);
camel | known
| .contents |= ([list[] | {role: (.role // "user"), parts: [.parts | list[] | part]}] | merged)
| if .systemInstruction then .systemInstruction |= {parts: [.parts | list[]]} else . end
| ([.tools | list[] | .functionDeclarations[]? | function] | sort_by(.name)) as $functions
| .tools |= ([list[] | del(.functionDeclarations) | select(. != {})] | sort + (if $functions == [] then [] else [{functionDeclarations: $functions}] end))
| if .tools == [] then del(.tools) else . end
| .generationConfig |= ((. // {}) | known
    | (.responseJsonSchema // .responseSchema) as $s
    | del(.responseJsonSchema) | if $s then .responseSchema = ($s | schema) else . end
    | if .thinkingConfig.thinkingLevel then .thinkingConfig.thinkingLevel |= ascii_downcase else . end)
| if .generationConfig == {} then del(.generationConfig) else . end
| del(.model)
