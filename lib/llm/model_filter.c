/* SPDX-License-Identifier: MIT */
/* model_filter - which models are wanted. */
#include "llm/model_filter.h"

#include <fnmatch.h>
#include <stdlib.h>

#include "base/mem.h"

const char *const model_filter_words[] = { "tools", "schema", "reasoning", "prefill", "cache",
	"vision", "image", "pdf", "audio", "video", "image-out", "audio-out", "video-out", NULL };

static void
need(struct model_filter *f, const char *word)
{
	static const struct {
		const char *word;
		unsigned input, output;
	} media[] = {
		{ "vision", MODEL_IMAGE, 0 },
		{ "image", MODEL_IMAGE, 0 },
		{ "pdf", MODEL_PDF, 0 },
		{ "audio", MODEL_AUDIO, 0 },
		{ "video", MODEL_VIDEO, 0 },
		{ "image-out", 0, MODEL_IMAGE },
		{ "audio-out", 0, MODEL_AUDIO },
		{ "video-out", 0, MODEL_VIDEO },
	};
	size_t i;

	f->tools |= strcmp(word, "tools") == 0;
	f->schema |= strcmp(word, "schema") == 0;
	f->reasoning |= strcmp(word, "reasoning") == 0;
	f->prefill |= strcmp(word, "prefill") == 0;
	f->cache |= strcmp(word, "cache") == 0;
	for (i = 0; i < sizeof media / sizeof *media; i++) {
		if (strcmp(word, media[i].word) == 0) {
			f->input |= media[i].input;
			f->output |= media[i].output;
		}
	}
}

int
model_filter_need(struct model_filter *f, const char *words, struct err *err)
{
	struct str rest = str_of(words), word;
	const char *near;
	size_t i;

	while (str_split(&rest, ',', &word)) {
		word = str_trim(word);
		for (i = 0; model_filter_words[i] && !str_is(word, model_filter_words[i]);)
			i++;
		if (!model_filter_words[i]) {
			near = str_nearest(word, model_filter_words);
			return err_set(err, EXIT_USAGE,
			    near ? "unknown word \"%.*s\" (did you mean \"%s\"?)"
				 : "unknown word \"%.*s\"",
			    (int)word.len, word.p, near);
		}
		need(f, model_filter_words[i]);
	}
	return 0;
}

static bool
fits_pattern(const char *pattern, const struct model *m)
{
	char *full = xasprintf("%s:%s", m->provider, m->id);
	bool fits = fnmatch(pattern, m->id, 0) == 0 || fnmatch(pattern, full, 0) == 0;
	size_t i;

	for (i = 0; !fits && m->aliases[i]; i++) {
		free(full);
		full = xasprintf("%s:%s", m->provider, m->aliases[i]);
		fits = fnmatch(pattern, m->aliases[i], 0) == 0 || fnmatch(pattern, full, 0) == 0;
	}
	free(full);
	return fits;
}

static bool
fits_any(const char *const *patterns, const struct model *m)
{
	if (!patterns || !*patterns)
		return true;
	for (; *patterns; patterns++)
		if (fits_pattern(*patterns, m))
			return true;
	return false;
}

bool
model_filter_fits(const struct model_filter *f, const struct model *m)
{
	int64_t reads = m->max_input ? m->max_input : m->context_window;

	if ((f->input & ~m->input) || (f->output & ~m->output))
		return false;
	if (f->tools && m->tools != MODEL_YES)
		return false;
	if (f->schema && m->schema != MODEL_SCHEMA_NATIVE && m->schema != MODEL_SCHEMA_TOOL)
		return false;
	if (f->reasoning && (!m->reasoning || m->reasoning == MODEL_REASONS_NOT))
		return false;
	if ((f->prefill && m->prefill != MODEL_YES) || (f->cache && !m->cache_min_tokens))
		return false;
	if (f->deprecated && !m->deprecated && !model_is_gone(m, f->today))
		return false;
	if (f->kind && strcmp(f->kind, m->kind) != 0)
		return false;
	return reads >= f->min_context && fits_any(f->patterns, m);
}
