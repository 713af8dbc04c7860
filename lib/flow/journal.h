/* SPDX-License-Identifier: MIT */
/*
 * journal - what happens in a run, one NDJSON event after the other, durable before it is acted
 * upon.
 *
 * Events are collected and committed together: one write and one fdatasync. What a commit returned
 * 0 for survives a crash of the machine. Where a commit fails (a full disk), the file is cut back
 * to its last whole commit, and stays readable.
 *
 *	w = journal_event(j, "node.started");
 *	jsonw_kstr(w, "node", name);
 *	journal_event_end(j);
 *	if (journal_commit(j, &err) < 0) ...
 */
#ifndef FLOW_JOURNAL_H
#define FLOW_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "json/jsonw.h"

struct journal;

/* Create path, which must not exist, for the run of that id (copied). NULL and err on failure. */
struct journal *journal_create(const char *path, const char *run, struct err *err);
/* What was not committed is dropped. */
void journal_close(struct journal *j);

/* Begin an event: its object is open, with type, run, seq, ts and event in it. */
struct jsonw *journal_event(struct journal *j, const char *event);
void journal_event_end(struct journal *j);

bool journal_has_pending(const struct journal *j);
/* -1 and err (EXIT_IO). After a failure every commit fails. */
int journal_commit(struct journal *j, struct err *err) __attribute__((warn_unused_result));
/* The lines of the last commit, until the next event. */
struct str journal_committed(const struct journal *j);

#endif
