/* SPDX-License-Identifier: MIT */
/* schema_report - what is said of values held against a schema, as records and for people. */
#include "json/schema_report.h"

#include <inttypes.h>

#include "json/jsonw.h"

struct teller {
	struct jsonw w; /* records, */
	struct buf *out; /* or text */
	const struct schema_origin *from;
	size_t told, most;
	bool more;
};

static void
put_failure(struct jsonw *w, const struct schema_failure *failure)
{
	jsonw_object(w);
	jsonw_kstrn(w, "instancePath", failure->instance_path);
	jsonw_kstrn(w, "keyword", failure->keyword);
	jsonw_kstrn(w, "schemaPath", failure->schema_path);
	jsonw_kstrn(w, "message", failure->message);
	jsonw_end(w);
}

static bool
tell_record(void *user, const struct schema_failure *failure)
{
	struct teller *t = user;

	t->more = t->told == t->most;
	if (t->more)
		return false;
	put_failure(&t->w, failure);
	t->told++;
	return true;
}

static void
put_origin(struct buf *out, const struct schema_origin *from)
{
	if (from->file)
		buf_addf(out, "%s:", from->file);
	else
		buf_adds(out, "line ");
	buf_addf(out, "%" PRIu64 ": ", from->line);
}

static bool
tell_text(void *user, const struct schema_failure *failure)
{
	struct teller *t = user;

	if (t->told++)
		buf_addc(t->out, '\n');
	put_origin(t->out, t->from);
	if (failure->instance_path.len)
		buf_addstr(t->out, failure->instance_path);
	else
		buf_adds(t->out, "value");
	buf_adds(t->out, ": ");
	buf_addstr(t->out, failure->message);
	return t->told < t->most;
}

/* Hold the text against the schema; a text that is no JSON fails too. */
static bool
explain(const struct schema *s, struct str text, schema_failure_fn *tell, struct teller *t)
{
	struct err err = ERR_INIT;
	struct json v;

	if (json_parse(text.p, text.len, &v, &err) == 0)
		return schema_explain(s, v, tell, t);
	(void)tell(t, &(struct schema_failure){ STR_LIT(""), STR_LIT("json"), STR_LIT(""),
			  str_of(err.text), JSON_ABSENT }); /* there is only this one */
	return false;
}

static void
put_head(struct jsonw *w, bool valid, const struct schema_origin *from)
{
	jsonw_object(w);
	jsonw_kbool(w, "valid", valid);
	if (from->file)
		jsonw_kstr(w, "file", from->file);
	jsonw_ki64(w, "line", (int64_t)from->line);
	jsonw_key(w, "errors");
	jsonw_array(w);
}

bool
schema_report_record(
    const struct schema *s, struct str text, const struct schema_origin *from, struct buf *out)
{
	struct teller t = { .from = from, .most = SCHEMA_REPORT_MAX };
	struct err err = ERR_INIT;
	struct json v;
	bool valid = json_parse(text.p, text.len, &v, &err) == 0 && schema_valid(s, v, NULL);

	jsonw_start(&t.w, out);
	put_head(&t.w, valid, from);
	if (!valid)
		(void)explain(s, text, tell_record, &t); /* it is not, as we know */
	jsonw_end(&t.w);
	if (t.more)
		jsonw_kbool(&t.w, "more", true);
	jsonw_end(&t.w);
	return valid;
}

void
schema_report_lost(const char *why, const struct schema_origin *from, struct buf *out)
{
	struct jsonw w;

	jsonw_start(&w, out);
	put_head(&w, false, from);
	put_failure(&w, &(struct schema_failure){
			    STR_LIT(""), STR_LIT("json"), STR_LIT(""), str_of(why), JSON_ABSENT });
	jsonw_end(&w);
	jsonw_end(&w);
}

bool
schema_report_text(const struct schema *s, struct str text, const struct schema_origin *from,
    size_t most, struct buf *out)
{
	struct teller t = { .from = from, .most = most, .out = out };

	return explain(s, text, tell_text, &t);
}
