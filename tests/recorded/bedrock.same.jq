# A Converse request without what may be spelled in two ways: empty lists and objects, the status of a result that is none of an
# error, the order of tools, the text of a schema (which is closed and given its type where it is not), temperature 1 beside thinking.
def known: with_entries(select(.value != null and .value != {} and .value != []));
def closed: if type == "object" then (if .properties then .additionalProperties = false else . end) | with_entries(.value |= closed) else . end;
def block: if .toolResult.status == "success" then del(.toolResult.status) else . end;
def merged: reduce .[] as $m ([]; if length > 0 and .[-1].role == $m.role then .[-1].content += $m.content else . + [$m] end);
if .additionalModelRequestFields.thinking and .inferenceConfig.temperature == 1 then del(.inferenceConfig.temperature) else . end
| known
| .messages |= (map(.content |= map(block)) | merged)
| if .toolConfig then .toolConfig.tools |= sort_by(.toolSpec.name // "") else . end
| if .outputConfig then .outputConfig.textFormat.structure.jsonSchema.schema |= (fromjson | closed) else . end
