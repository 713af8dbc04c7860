/* SPDX-License-Identifier: MIT */
/* schema_targets - what each provider's decoder accepts of JSON Schema, as its documentation says.
 */
#include "llm/schema_fit.h"

static const char *const openai_keywords[] = { "type", "properties", "required", "items", "enum",
	"const", "anyOf", "pattern", "format", "multipleOf", "minimum", "maximum",
	"exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "title", "$schema", NULL };
static const char *const openai_formats[] = { "date-time", "time", "date", "duration", "email",
	"hostname", "ipv4", "ipv6", "uuid", NULL };

const struct schema_target schema_target_openai = {
	.name = "OpenAI, strict",
	.flags = FIT_CLOSED | FIT_ALL_REQUIRED | FIT_ROOT_OBJECT | FIT_REF_ALONE,
	.keywords = openai_keywords,
	.formats = openai_formats,
};

static const char *const anthropic_keywords[] = { "type", "properties", "required", "items", "enum",
	"const", "anyOf", "allOf", "format", "minItems", "default", "title", "$schema", "$id",
	NULL };
static const char *const anthropic_formats[] = { "date-time", "time", "date", "duration", "email",
	"hostname", "uri", "ipv4", "ipv6", "uuid", NULL };

const struct schema_target schema_target_anthropic = {
	.name = "Anthropic",
	.flags = FIT_CLOSED | FIT_NO_RECURSION | FIT_FEW_MIN_ITEMS,
	.keywords = anthropic_keywords,
	.formats = anthropic_formats,
};

static const char *const gemini_keywords[] = { "type", "properties", "required",
	"additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minimum",
	"maximum", "enum", "anyOf", "format", "title", "propertyOrdering", NULL };
static const char *const gemini_formats[] = { "date-time", "date", "time", "duration", NULL };

const struct schema_target schema_target_gemini = {
	.name = "Gemini",
	.flags = FIT_REF_ALONE,
	.keywords = gemini_keywords,
	.formats = gemini_formats,
};

static const char *const openapi_keywords[] = { "type", "properties", "required", "items",
	"minItems", "maxItems", "minimum", "maximum", "minLength", "maxLength", "pattern",
	"minProperties", "maxProperties", "enum", "anyOf", "format", "title", "default", "example",
	"nullable", "propertyOrdering", NULL };
static const char *const openapi_formats[] = { "date-time", "enum", "float", "double", "int32",
	"int64", NULL };

const struct schema_target schema_target_openapi = {
	.name = "Gemini, OpenAPI form",
	.flags = FIT_INLINE | FIT_NULLABLE | FIT_STRING_ENUMS,
	.keywords = openapi_keywords,
	.formats = openapi_formats,
};

/* Others are passed over in silence, or make the server fail. */
static const char *const llamacpp_keywords[] = { "type", "properties", "required",
	"additionalProperties", "items", "prefixItems", "minItems", "maxItems", "minimum",
	"maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern",
	"enum", "const", "anyOf", "oneOf", "allOf", "format", "title", "$schema", NULL };
static const char *const llamacpp_formats[] = { "date", "time", "date-time", "uuid", NULL };

const struct schema_target schema_target_llamacpp = {
	.name = "llama.cpp, Ollama",
	.flags = FIT_PATTERN_WHOLE,
	.keywords = llamacpp_keywords,
	.formats = llamacpp_formats,
};

static const char *const cohere_keywords[] = { "type", "properties", "required",
	"additionalProperties", "items", "enum", "const", "anyOf", "pattern", "format", "title",
	"$schema", NULL };
static const char *const cohere_formats[] = { "date-time", "uuid", "date", "time", NULL };

const struct schema_target schema_target_cohere = {
	.name = "Cohere",
	.flags = FIT_ROOT_OBJECT | FIT_NO_RECURSION,
	.keywords = cohere_keywords,
	.formats = cohere_formats,
};

/* Without keywords: whatever there is. */
const struct schema_target schema_target_any = { .name = "anything" };
const struct schema_target schema_target_tool = {
	.name = "a tool",
	.flags = FIT_ROOT_OBJECT,
};

static const struct schema_target *const targets[] = {
	&schema_target_openai,
	&schema_target_anthropic,
	&schema_target_gemini,
	&schema_target_openapi,
	&schema_target_llamacpp,
	&schema_target_cohere,
	NULL,
};

const struct schema_target *const *
schema_targets(void)
{
	return targets;
}
