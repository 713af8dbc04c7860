/* SPDX-License-Identifier: MIT */
/* llm-models - list models: what each reads, writes and takes, and until when. */
#include <signal.h>
#include <unistd.h>

#include "base/die.h"
#include "base/mem.h"
#include "call/query.h"
#include "call/sign.h"
#include "cli/opt.h"
#include "json/ndjson.h"
#include "llm/listing.h"
#include "llm/model_filter.h"
#include "llm/model_table.h"
#include "sys/clock.h"
#include "sys/share.h"

enum { BATCH = 64 * 1024, DAY_LENGTH = 10, PAGES_MAX = 100 };

static struct opt_list providers, words;
static const char *kind, *config_file;
static int64_t min_context, timeout_ms = 30 * 1000;
static bool deprecated, live, text, verbose;

static const struct opt opts[] = {
	{ 0, "provider", "NAME", OPT_LIST, &providers,
	    "only this provider's models (may be repeated)" },
	{ 0, "with", "WORD,...", OPT_LIST, &words,
	    "only models that have all of these: tools, schema, reasoning, vision, pdf, audio, "
	    "video, ..." },
	{ 0, "min-context", "N", OPT_SIZE, &min_context,
	    "only models that read N tokens or more (200k)" },
	{ 0, "kind", "KIND", OPT_STR, &kind, "only chat, embedding, image, ... models" },
	{ 0, "deprecated", NULL, OPT_FLAG, &deprecated,
	    "only models that are deprecated or past their day" },
	{ 0, "live", NULL, OPT_FLAG, &live,
	    "ask the providers (--provider) which models they list" },
	{ 't', "text", NULL, OPT_FLAG, &text,
	    "write a table, not records (default at a terminal)" },
	{ 0, "timeout", "TIME", OPT_MS, &timeout_ms, "longest wait for a list (default 30s)" },
	{ 0, "config", "FILE", OPT_STR, &config_file, "configuration in place of agentflow.yaml" },
	{ 'v', "verbose", NULL, OPT_FLAG, &verbose, "tell what the HTTP client does" },
	{ 0 },
};

static const struct opt_spec spec = {
	.synopsis = "[options] [pattern ...]",
	.purpose = "list models: what each reads, writes and takes, and until when",
	.opts = opts,
	.footer = "Patterns are as in sh(1), and fit ids, aliases or PROVIDER:ID.",
};

/* What one run is made of. */
struct run {
	struct models *models;
	struct providers *callable; /* NULL: nobody is asked */
	struct model_filter filter;
	struct ndjson_writer out;
	struct table table;
	size_t shown;
	enum exit_code worst;
};

static const char *
environment(const char *name)
{
	return getenv(name);
}

static void
fail(struct run *run, const struct err *err)
{
	warn("%s", err->text);
	if (err->code > run->worst)
		run->worst = err->code;
}

static void
show(struct run *run, const struct model *m, const char *state)
{
	if (!model_filter_fits(&run->filter, m))
		return;
	run->shown++;
	if (text) {
		model_table_add(&run->table, m, state);
	} else {
		model_write(m, state, ndjson_put_begin(&run->out));
		ndjson_put_end(&run->out);
	}
}

/* --- live --- */

static int
ask(const struct provider *p, const char *key, struct listing *list, struct err *err)
{
	struct query_config config = { .env = environment,
		.ca_file = environment("SSL_CERT_FILE"),
		.ca_dir = environment("SSL_CERT_DIR"),
		.timeout_ms = timeout_ms,
		.log = verbose ? warn_line : NULL };
	struct buf body = BUF_INIT(NDJSON_LINE_MAX);
	struct json v;
	struct wire w;
	int r, pages = 0;

	do {
		wire_init(&w);
		buf_reset(&body);
		r = listing_address(list, p, key, &w, err);
		if (r == 0)
			r = query_get(&config, p, &w, &body, err);
		if (r == 0 &&
		    (json_parse(body.p, body.len, &v, err) < 0 || listing_read(list, v, err) < 0))
			r = err_wrap(err, "%s", p->name);
		wire_release(&w);
	} while (r == 0 && list->more && ++pages < PAGES_MAX);
	buf_release(&body);
	return r;
}

/* A model that the provider lists, and its file does not hold: what its like is known for. */
static void
show_new(struct run *run, const char *provider, const struct listed *one, const struct model *like)
{
	static const char *const nothing[] = { NULL };
	struct model m = { .aliases = nothing,
		.efforts = nothing,
		.refuses = nothing,
		.kind = "chat",
		.input = MODEL_TEXT,
		.output = MODEL_TEXT };

	if (like)
		m = *like;
	m.provider = provider;
	m.id = one->id;
	m.aliases = nothing;
	if (one->name)
		m.name = one->name;
	if (one->context_window)
		m.context_window = one->context_window;
	if (one->max_output)
		m.max_output = one->max_output;
	show(run, &m, "new");
}

/* The file's models, each with what the list says of it; then what only the list holds. */
static void
show_merged(struct run *run, const char *provider, const struct listing *list)
{
	struct err err = ERR_INIT;
	size_t i, j, count;
	const struct model *const *known = models_of(run->models, str_of(provider), &count, &err);
	const struct model **found = xcalloc(list->count + 1, sizeof *found);

	if (!known)
		fail(run, &err);
	for (i = 0; i < list->count; i++)
		found[i] = model_find(
		    run->models, str_of(provider), str_of(list->items[i].id), &err);
	for (i = 0; i < count; i++) {
		for (j = 0; j < list->count && found[j] != known[i];)
			j++;
		show(run, known[i], j < list->count ? "listed" : "unlisted");
	}
	for (j = 0; j < list->count; j++)
		if (!found[j] || strcmp(found[j]->provider, provider) != 0)
			show_new(run, provider, &list->items[j], found[j]);
	free(found);
}

static void
show_live(struct run *run, const char *name)
{
	char *spelled = xasprintf("%s:model", name);
	struct provider *p;
	struct err err = ERR_INIT;
	struct listing list;
	struct str model;
	const char *key;

	listing_init(&list);
	if (providers_resolve(run->callable, str_of(spelled), &p, &model, &err) < 0 ||
	    sign_place(p, environment, &err) < 0 || provider_check(p, &err) < 0 ||
	    provider_key(p, environment, &key, &err) < 0 || ask(p, key, &list, &err) < 0)
		fail(run, &err);
	else
		show_merged(run, name, &list);
	listing_release(&list);
	free(spelled);
}

/* --- from the files --- */

static void
show_known(struct run *run, const char *provider)
{
	struct err err = ERR_INIT;
	size_t i, count;
	const struct model *const *list = models_of(run->models, str_of(provider), &count, &err);

	if (!list)
		fail(run, &err);
	for (i = 0; i < count; i++)
		show(run, list[i], NULL);
}

/* A provider that nobody knows is a mistake, and not an empty list. */
static void
check_names(char *const *known)
{
	size_t i, j;

	for (i = 0; i < providers.count && !live; i++) {
		for (j = 0; known[j] && strcmp(known[j], providers.items[i]) != 0;)
			j++;
		if (!known[j]) {
			const char *near = str_nearest(
			    str_of(providers.items[i]), (const char *const *)known);

			die(EXIT_NO,
			    near ? "no models of %s are known (did you mean %s?)"
				 : "no models of %s are known",
			    providers.items[i], near);
		}
	}
}

static void
show_all(struct run *run)
{
	struct err err = ERR_INIT;
	char **known = models_providers(run->models, &err);
	size_t i;

	if (!known)
		err_die(&err);
	check_names(known);
	for (i = 0; providers.count ? i < providers.count : known[i] != NULL; i++) {
		const char *name = providers.count ? providers.items[i] : known[i];

		if (live)
			show_live(run, name);
		else
			show_known(run, name);
	}
	models_names_free(known);
}

static void
read_options(struct run *run, char *const *patterns)
{
	struct err err = ERR_INIT;
	size_t i;

	if (live && !providers.count)
		opt_misuse("--live wants --provider: who is to be asked");
	for (i = 0; i < words.count; i++)
		if (model_filter_need(&run->filter, words.items[i], &err) < 0)
			opt_misuse("--with: %s", err.text);
	run->filter.kind = kind;
	run->filter.min_context = min_context;
	run->filter.deprecated = deprecated;
	run->filter.patterns = (const char *const *)patterns;
	text = text || isatty(STDOUT_FILENO);
}

int
main(int argc, char **argv)
{
	struct run run = { .worst = EXIT_OK };
	struct buf now = BUF_INIT(BUF_UNLIMITED);
	struct err err = ERR_INIT;
	char *share;

	argv += opt_parse(&spec, argc, argv);
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is told by EPIPE */
	read_options(&run, argv);
	clock_print(&now, clock_wall_us());
	buf_truncate(&now, DAY_LENGTH);
	run.filter.today = now.p;
	share = share_dir(environment("AGENTFLOW_SHARE"));
	run.models = models_new(share);
	run.callable = live ? providers_load(share, config_file, environment, &err) : NULL;
	if (live && !run.callable)
		err_die(&err);
	ndjson_writer_init(&run.out, STDOUT_FILENO, BATCH);
	model_table_init(&run.table, live);
	show_all(&run);
	if (text && run.shown)
		table_print(&run.table, ndjson_put_begin(&run.out));
	if (!run.shown && run.worst == EXIT_OK)
		run.worst = EXIT_NO;
	run.worst = ndjson_finish(&run.out, run.worst, &err);
	if (err.text[0])
		warn("%s", err.text);
	table_release(&run.table);
	if (live)
		providers_free(run.callable);
	secret_forget_all();
	models_free(run.models);
	opt_list_release(&providers);
	opt_list_release(&words);
	buf_release(&now);
	free(share);
	return (int)run.worst;
}
