/* SPDX-License-Identifier: MIT */
/*
 * case - one recorded exchange: a directory with meta.json, the request and the response, each read
 * when asked for.
 *
 * meta.json has method, url, http_status (or http_status_assumed), headers and request_headers
 * (names in lower case, secrets left out), request_file, response_file, stream, framing (sse,
 * ndjson, json-array, aws-eventstream) and, where they were recorded, timing ([[END, MS], ...]: so
 * many bytes of the body had come so long after the request went out) and ended ("cut": the
 * connection ended inside the body). The files are of the case's own directory: one that a path or
 * a link leads out of it is not read.
 */
#ifndef CASSETTE_CASE_H
#define CASSETTE_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/json.h"
#include "net/http.h"

struct cassette_case {
	char *dir; /* where it is */
	char *name; /* its path below the cassette directory */
	int64_t given; /* how often it was the answer */
	struct json meta; /* JSON_NONE before cassette_case_meta, and where that fails */
	struct buf path; /* of the recorded URL */
	void *note; /* the user's own, freed by note_free */
	void (*note_free)(void *note);

	/* its own */
	bool tried, tried_body;
	struct buf meta_text, body_text;
	struct json body;
	uint64_t print;
};

void cassette_case_init(struct cassette_case *k, const char *dir, const char *name);
void cassette_case_release(struct cassette_case *k);
/* Whether meta.json is there and an object (read at the first call). */
bool cassette_case_meta(struct cassette_case *k);
/* The request's body: JSON_NONE where there is none, or it is no JSON. */
struct json cassette_case_body(struct cassette_case *k);
/* A number of the body: bodies that are json_equal, and name no member twice, have the same. */
uint64_t cassette_case_print(struct cassette_case *k);
uint64_t cassette_print(struct json body);

/* What was answered. */
struct cassette_answer {
	int status;
	struct http_headers headers; /* content-type always; none that belong to a connection */
	bool streamed;
	struct buf body;
	/* Of a stream: where its pieces end, and when each came, in microseconds since the request
	 * went out (all 0 where no timing was recorded). */
	struct cassette_piece {
		size_t end;
		int64_t at_us;
	} * pieces;
	size_t count, cap;
	int64_t end_us; /* when it was over; 0: not recorded */
	bool cut; /* the connection ended inside the body */
};

/* Initialises a, or fails with err: a file is missing or malformed. */
int cassette_case_answer(struct cassette_case *k, struct cassette_answer *a, struct err *err)
    __attribute__((warn_unused_result));
void cassette_answer_release(struct cassette_answer *a);

#endif
