/* SPDX-License-Identifier: MIT */
/* fuzz_yaml - any bytes either make a tree whose JSON is valid, or an error that names its place.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "json/json.h"
#include "json/yaml.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf out = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	struct yaml_doc *doc;
	struct json v;

	doc = yaml_parse("f", (struct str){ (const char *)data, size }, &err);
	if (!doc) {
		if (strncmp(err.text, "f:", 2) != 0 || err.code != EXIT_CONFIG)
			abort();
		return 0;
	}
	yaml_to_json(yaml_root(doc), &out);
	if (json_parse(out.p, out.len, &v, &err) < 0)
		abort();
	buf_release(&out);
	yaml_doc_free(doc);
	return 0;
}
