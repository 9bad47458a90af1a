#ifndef POSTIGO_IMPORT_RUN_H
#define POSTIGO_IMPORT_RUN_H

/*
 * import_run: files of orders that were read in, and how far those are that
 * were cut short. Source: schema/STORE.md, "import_run".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct import_run {
	int64_t id;
	int64_t line;
	int64_t accepted;
	int64_t changed;
	int64_t refused;
};

/*
 * The run of that file that is under way, or a new one. name is shown to
 * people; sha256 is what makes it the same file.
 */
enum outcome import_run_begin(struct store *s, int64_t connection_id,
			      const char *name, const char *sha256,
			      int64_t now_ms, struct import_run *out,
			      struct err *e) MUST_CHECK;

/*
 * How far a run under way is; it never goes back. Its end may be said again.
 * state     running, done or failed
 * OUT_PERM  code "not_found": no such run is under way
 */
enum outcome import_run_mark(struct store *s, const struct import_run *run,
			     const char *state, int64_t now_ms,
			     struct err *e) MUST_CHECK;

/* Newest first: new array of {id, connection, name, sha256, line, accepted,
 * changed, refused, state, started_at, ended_at}. */
enum outcome import_run_list(struct store *s, int limit, json_t **out,
			     struct err *e) MUST_CHECK;

#endif
