/* SPDX-License-Identifier: MIT */
/* gemini-citations - the sources that Gemini grounds its answer on, or recites. */
#include "llm/gemini.h"

/* A source, and the words of the answer that rest on it. Segments count bytes of the visible text
 * from its beginning, also where it came in many pieces. */
static void
cite_chunk(struct answer *a, struct json chunk, struct json segment)
{
	static const char *const kinds[] = { "web", "retrievedContext", "maps", "image" };
	struct json source = JSON_ABSENT;
	struct cited cited = { .unit = CITED_BYTES, .value = chunk };

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds && !json_exists(source); i++)
		source = json_get(chunk, kinds[i]);
	cited.url = json_get(source, "uri");
	cited.title = json_get(source, "title");
	cited.text = json_get(source, "text");
	cited.document = json_get(source, "documentName");
	(void)json_i64(json_get(segment, "startIndex"), &cited.start);
	(void)json_i64(json_get(segment, "endIndex"), &cited.end);
	answer_cite(a, NULL, &cited);
}

/* A source with each segment that a support says it supports; without one, alone. */
static void
cite_supported(struct answer *a, struct json chunk, int64_t place, struct json supports)
{
	struct json_iter it = json_each(supports), indices;
	bool any = false;
	int64_t index;

	while (json_next(&it)) {
		indices = json_each(json_get(it.value, "groundingChunkIndices"));
		while (json_next(&indices)) {
			if (!json_i64(indices.value, &index) || index != place)
				continue;
			cite_chunk(a, chunk, json_get(it.value, "segment"));
			any = true;
		}
	}
	if (!any)
		cite_chunk(a, chunk, JSON_ABSENT);
}

/* What the answer recites: addresses, licences, bytes of the text. */
static void
cite_recited(struct answer *a, struct json list)
{
	struct json_iter it = json_each(list);

	while (json_next(&it)) {
		struct cited cited = {
			.url = json_get(it.value, "uri"),
			.title = json_get(it.value, "title"),
			.unit = CITED_BYTES,
			.value = it.value,
		};

		(void)json_i64(json_get(it.value, "startIndex"), &cited.start);
		(void)json_i64(json_get(it.value, "endIndex"), &cited.end);
		answer_cite(a, NULL, &cited);
	}
}

void
gemini_citations(struct answer *a, struct json candidate)
{
	struct json grounding = json_get(candidate, "groundingMetadata");
	struct json_iter it = json_each(json_get(grounding, "groundingChunks"));
	int64_t place = 0;

	while (json_next(&it))
		cite_supported(a, it.value, place++, json_get(grounding, "groundingSupports"));
	cite_recited(a, json_find(candidate, "citationMetadata.citationSources"));
	cite_recited(a, json_find(candidate, "citationMetadata.citations"));
}
