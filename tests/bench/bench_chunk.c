/* SPDX-License-Identifier: MIT */
/* bench_chunk - what one streamed chunk costs, from its bytes to the chunk record: framing, JSON,
 * the dialect, the answer, the record. Prints a line for each dialect. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/die.h"
#include "llm/dialect.h"
#include "llm/record.h"

enum { CHUNKS = 300000, OUT_MAX = 1 << 16 };

static const struct {
	const char *dialect;
	enum frame_format framing;
	const char *bytes;
} samples[] = {
	{ "openai-chat", FRAME_SSE,
	    "data: {\"id\":\"chatcmpl-BxZ1r9s0aZkT2v1VQpQ3bYcLrJQw7\",\"object\":\"chat.completion.chunk\",\"created\":1753248108,"
	    "\"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_34a54ae93c\",\"choices\":["
	    "{\"index\":0,\"delta\":{\"content\":\" hello\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null,"
	    "\"obfuscation\":\"abcdefg\"}\n\n" },
	{ "anthropic-messages", FRAME_SSE,
	    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
	    "\"text\":\" hello\"}}\n\n" },
	{ "gemini", FRAME_SSE,
	    "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \" hello\"}],\"role\": \"model\"},\"index\": 0}],"
	    "\"usageMetadata\": {\"promptTokenCount\": 9,\"candidatesTokenCount\": 12,\"totalTokenCount\": 21},"
	    "\"modelVersion\": \"gemini-2.5-flash\",\"responseId\": \"abcdefghijkl\"}\r\n\r\n" },
	{ "ollama", FRAME_NDJSON,
	    "{\"model\":\"llama3.2\",\"created_at\":\"2026-11-21T02:03:04.314639Z\",\"message\":{\"role\":\"assistant\","
	    "\"content\":\" hello\"},\"done\":false}\n" },
};

struct sink {
	struct buf out;
	int64_t seq;
};

static void
write_chunk(void *user, const struct delta *delta)
{
	struct sink *sink = user;

	if (sink->out.len > OUT_MAX)
		buf_reset(&sink->out);
	record_chunk(&sink->out, STR_LIT("\"r-000001\""), sink->seq++, delta);
}

static double
cpu_seconds(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) < 0)
		die(EXIT_SYSTEM, "no clock of the processor's time");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
measure(size_t i)
{
	struct sink sink = { .out = BUF_INIT(BUF_UNLIMITED) };
	struct http_headers headers = { 0 };
	size_t len = strlen(samples[i].bytes);
	struct reader *reader;
	struct answer a;
	double took;
	int n;

	answer_init(&a, write_chunk, &sink);
	reader = reader_new(dialect_find(samples[i].dialect), &a, samples[i].framing);
	reader_head(reader, 200, &headers, 0);
	took = cpu_seconds();
	for (n = 0; n < CHUNKS; n++) {
		if (!reader_feed(reader, samples[i].bytes, len))
			die(EXIT_BUG, "%s: %s", samples[i].dialect, a.error.message.p);
	}
	took = cpu_seconds() - took;
	if (sink.seq != CHUNKS)
		die(EXIT_BUG, "%s: %d chunks in, %d out", samples[i].dialect, CHUNKS,
		    (int)sink.seq);
	printf("%-20s %4zu bytes %6.2f us a chunk\n", samples[i].dialect, len, took / CHUNKS * 1e6);
	reader_free(reader);
	answer_release(&a);
	buf_release(&sink.out);
}

int
main(int argc, char **argv)
{
	size_t i;

	(void)argc;
	die_init(argv[0]);
	for (i = 0; i < sizeof samples / sizeof *samples; i++)
		measure(i);
	return 0;
}
