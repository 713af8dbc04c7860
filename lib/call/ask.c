/* SPDX-License-Identifier: MIT */
/* ask - a prompt and flags as a request record. */
#include "call/ask.h"

#include "call/attach.h"
#include "json/jsonw.h"
#include "sys/file.h"

#define PROMPT_MAX ((size_t)64 << 20)

void
ask_release(struct ask *ask)
{
	opt_list_release(&ask->stops);
	opt_list_release(&ask->attachments);
}

/* --- options --- */

static void
put_number(struct jsonw *w, const char *key, double d)
{
	if (isnan(d))
		return;
	jsonw_key(w, key);
	jsonw_double(w, d);
}

static void
put_count(struct jsonw *w, const char *key, int64_t n)
{
	if (n != -1)
		jsonw_ki64(w, key, n);
}

static void
put_stops(struct jsonw *w, const struct opt_list *stops)
{
	if (!stops->count)
		return;
	jsonw_key(w, "stop");
	jsonw_array(w);
	for (size_t i = 0; i < stops->count; i++)
		jsonw_str(w, stops->items[i]);
	jsonw_end(w);
}

static int
put_schema(struct jsonw *w, const char *path, struct err *err)
{
	struct buf schema = BUF_INIT(PROMPT_MAX);
	struct json v;
	int r = -1;

	if (!path)
		return 0;
	if (file_read(path, &schema, err) < 0)
		goto out;
	if (json_parse(schema.p, schema.len, &v, err) < 0 || !json_is(v, JSON_OBJECT)) {
		if (!*err->text)
			err_set(err, EXIT_CONFIG, "it is no object");
		err->code = EXIT_CONFIG;
		err_wrap(err, "%s: not a JSON Schema", path);
		goto out;
	}
	jsonw_kjson(w, "responseSchema", v);
	r = 0;
out:
	buf_release(&schema);
	return r;
}

int
ask_options(const struct ask *ask, struct buf *out, struct err *err)
{
	struct jsonw w;

	jsonw_start(&w, out);
	jsonw_object(&w);
	if (ask->stream)
		jsonw_kbool(&w, "stream", true);
	put_count(&w, "maxTokens", ask->max_tokens);
	put_number(&w, "temperature", ask->temperature);
	put_number(&w, "topP", ask->top_p);
	put_count(&w, "seed", ask->seed);
	put_stops(&w, &ask->stops);
	if (ask->reasoning)
		jsonw_kstr(&w, "reasoning", ask->reasoning);
	if (put_schema(&w, ask->schema_file, err) < 0)
		return -1;
	put_count(&w, "timeoutMs", ask->timeout_ms);
	put_count(&w, "ttftTimeoutMs", ask->ttft_ms);
	put_count(&w, "idleTimeoutMs", ask->idle_ms);
	jsonw_end(&w);
	return 0;
}

/* --- the request --- */

static int
read_prompt(char *const *words, struct buf *out, struct err *err)
{
	for (size_t i = 0; words[i]; i++) {
		if (i)
			buf_addc(out, ' ');
		if (strcmp(words[i], "-") != 0)
			buf_adds(out, words[i]);
		else if (file_read("-", out, err) < 0)
			return -1;
	}
	if (!str_is_utf8(buf_str(out)))
		return err_set(err, EXIT_USAGE, "the prompt is not UTF-8");
	return 0;
}

/* The attachments as parts of the array that is open. */
static int
put_attachments(struct jsonw *w, const struct opt_list *files, struct err *err)
{
	struct buf part = BUF_INIT(BUF_UNLIMITED);
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++) {
		buf_reset(&part);
		r = attach_part(files->items[i], &part, err);
		if (r == 0)
			jsonw_raw(w, buf_str(&part));
	}
	buf_release(&part);
	return r;
}

static int
put_message(const struct ask *ask, struct jsonw *w, struct str prompt, struct err *err)
{
	jsonw_key(w, "messages");
	jsonw_array(w);
	jsonw_object(w);
	jsonw_kstr(w, "role", "user");
	jsonw_key(w, "content");
	jsonw_array(w);
	if (put_attachments(w, &ask->attachments, err) < 0)
		return -1;
	jsonw_object(w);
	jsonw_kstr(w, "type", "text");
	jsonw_kstrn(w, "text", prompt);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	return 0;
}

int
ask_request(const struct ask *ask, char *const *words, struct buf *out, struct err *err)
{
	struct buf prompt = BUF_INIT(PROMPT_MAX);
	struct jsonw w;
	int r;

	r = read_prompt(words, &prompt, err);
	jsonw_start(&w, out);
	jsonw_object(&w);
	if (r == 0 && ask->attachments.count)
		r = put_message(ask, &w, buf_str(&prompt), err);
	else if (r == 0)
		jsonw_kstrn(&w, "prompt", buf_str(&prompt));
	if (r == 0)
		jsonw_end(&w);
	buf_release(&prompt);
	return r;
}
