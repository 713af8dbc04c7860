/* SPDX-License-Identifier: MIT */
/* yaml_json - a YAML node written as the JSON that it stands for. */
#include "json/jsonw.h"
#include "json/yaml.h"

static void
write_scalar(struct buf *out, const struct yaml *node)
{
	switch (node->kind) {
	case YAML_NULL:
		buf_adds(out, "null");
		break;
	case YAML_BOOL:
		buf_adds(out, node->text.p[0] == 't' || node->text.p[0] == 'T' ? "true" : "false");
		break;
	case YAML_NUMBER: /* only JSON's own spellings are numbers */
		buf_addstr(out, node->text);
		break;
	case YAML_STRING:
		jsonw_quote(out, node->text);
		break;
	case YAML_LIST:
	case YAML_MAP:
		break;
	}
}

void
yaml_to_json(const struct yaml *node, struct buf *out)
{
	bool is_map = node->kind == YAML_MAP;
	size_t i;

	if (!is_map && node->kind != YAML_LIST) {
		write_scalar(out, node);
		return;
	}
	buf_addc(out, is_map ? '{' : '[');
	for (i = 0; i < node->count; i++) { /* as deep as the loader allows, no deeper */
		if (i)
			buf_addc(out, ',');
		if (is_map) {
			jsonw_quote(out, node->keys[i]->text);
			buf_addc(out, ':');
		}
		yaml_to_json(node->items[i], out);
	}
	buf_addc(out, is_map ? '}' : ']');
}
