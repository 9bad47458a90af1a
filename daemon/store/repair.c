#include "daemon/store/repair.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/store/check.h"
#include "daemon/store/row.h"
#include "daemon/store/search.h"
#include "daemon/store/store.h"

#define STAGED_MS ((int64_t)24 * 60 * 60 * 1000) /* until it is collected */

#define REPAIR_PASSES 3

/* Columns that repeat what other rows say, also where events do not tell;
 * each gives the rows that it changed. ?1: when marked octets go. */
static const struct {
	const char *what;
	const char *text;
} repeats[] = {
	{ "incident.messages",
	  "UPDATE incident SET messages = (SELECT count(*) FROM message m "
	  "WHERE m.incident_id = incident.id) WHERE messages <> "
	  "(SELECT count(*) FROM message m WHERE m.incident_id = "
	  "incident.id) AND (SELECT min(number) = 1 AND max(number) = "
	  "count(*) FROM message m WHERE m.incident_id = incident.id) "
	  "RETURNING id" },
	{ "incident.last_direction",
	  "UPDATE incident SET last_direction = (SELECT direction FROM "
	  "message m WHERE m.incident_id = incident.id AND m.number = "
	  "incident.messages) WHERE EXISTS (SELECT 1 FROM message m WHERE "
	  "m.incident_id = incident.id AND m.number = incident.messages "
	  "AND m.direction <> incident.last_direction) RETURNING id" },
	{ "incident.last_ms",
	  "UPDATE incident SET last_ms = x.at FROM (SELECT incident_id, "
	  "max(CASE direction WHEN 'in' THEN received_ms ELSE committed_ms "
	  "END) AS at FROM message GROUP BY incident_id) x "
	  "WHERE x.incident_id = incident.id AND x.at <> incident.last_ms "
	  "RETURNING id" },
	{ "incident.active",
	  "UPDATE incident SET active = (state NOT IN ('solved', 'closed', "
	  "'spam', 'merged')) WHERE active <> (state NOT IN ('solved', "
	  "'closed', 'spam', 'merged')) RETURNING id" },
	{ "incident.due_ms",
	  "UPDATE incident SET due_ms = (SELECT min(due_s) * 1000 FROM "
	  "clock c WHERE c.incident_id = incident.id AND c.state = "
	  "'running' AND c.paused = 0) WHERE due_ms IS NOT (SELECT min(due_s) * 1000 FROM "
	  "clock c WHERE c.incident_id = incident.id AND c.state = "
	  "'running' AND c.paused = 0) RETURNING id" },
	/* more than there are: of lost events it is the last trace (fold) */
	{ "incident.event_seq",
	  "UPDATE incident SET event_seq = (SELECT coalesce(max(seq), 0) "
	  "FROM event e WHERE e.incident_id = incident.id) WHERE event_seq "
	  "< (SELECT coalesce(max(seq), 0) FROM event e WHERE "
	  "e.incident_id = incident.id) RETURNING id" },
	{ "blob.staged_until_ms",
	  "UPDATE blob SET staged_until_ms = NULL WHERE staged_until_ms IS "
	  "NOT NULL AND (EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 "
	  "= blob.sha256) OR EXISTS (SELECT 1 FROM message m WHERE "
	  "m.raw_sha256 = blob.sha256) OR EXISTS (SELECT 1 FROM hook h WHERE "
	  "h.sha256 = blob.sha256 AND h.body IS NULL)) RETURNING sha256" },
	{ "blob.staged_until_ms",
	  "UPDATE blob SET staged_until_ms = ?1 WHERE staged_until_ms IS "
	  "NULL AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.sha256 "
	  "= blob.sha256) AND NOT EXISTS (SELECT 1 FROM message m WHERE "
	  "m.raw_sha256 = blob.sha256) AND NOT EXISTS (SELECT 1 FROM hook h "
	  "WHERE h.sha256 = blob.sha256 AND h.body IS NULL) RETURNING sha256" },
};

void
repair_note(struct repair *p, const char *what, json_t *row)
{
	json_t *o;

	if (p->changed++ >= REPAIR_LIST_MAX) {
		json_decref(row);
		return;
	}
	o = json_object();
	row_set(o, "what", json_string(what));
	row_set(o, "row", row);
	(void)json_array_append_new(p->changes, o);
}

/* Both handles and what is told. */
struct run {
	struct store *w;
	struct repair *p;
	size_t cut; /* of the data folder's path */
};

static enum outcome
on_difference(void *arg, const struct fold_difference *d, struct err *e)
{
	struct run *x = arg;
	enum outcome o = store_begin(x->w, e);

	return o == OUT_OK ? repair_difference(x->w, x->p, d, e) : o;
}

static enum outcome
on_slice(void *arg, struct err *e)
{
	struct run *x = arg;

	return store_commit(x->w, e);
}

static json_t *
first_column(sqlite3_stmt *st)
{
	return json_pack("[o]", sqlite3_column_type(st, 0) == SQLITE_INTEGER
					? json_integer(sql_get_int(st, 0))
					: row_str(st, 0));
}

/* They walk whole tables, so no handle keeps them prepared. */
static enum outcome
mend_one(struct run *x, const char *what, const char *text, struct err *e)
{
	sqlite3_stmt *st = NULL;
	bool row = false;
	enum outcome o;

	if (sqlite3_prepare_v2(sql_db(x->w), text, -1, &st, NULL) != SQLITE_OK)
		return store_fail(x->w, what, e);
	if (sqlite3_bind_parameter_count(st) > 0)
		sql_set_int(st, 1, clock_now_ms() + STAGED_MS);
	while ((o = sql_row(x->w, st, &row, e)) == OUT_OK && row)
		repair_note(x->p, what, first_column(st));
	(void)sqlite3_finalize(st);
	return o;
}

static enum outcome
mend_repeats(struct run *x, struct check_report *r, struct err *e)
{
	enum outcome o = store_begin(x->w, e);
	size_t i;

	for (i = 0; o == OUT_OK && i < sizeof repeats / sizeof repeats[0];
	     i++) {
		o = mend_one(x, repeats[i].what, repeats[i].text, e);
		if (o == OUT_OK)
			o = check_pulse(r, repeats[i].what, 0, 0, e);
	}
	return o == OUT_OK ? store_commit(x->w, e) : o;
}

static bool
remove_orphan(void *arg, const char *path, const char *sha256)
{
	struct run *x = arg;
	json_t *name = json_string(path + x->cut);
	bool ours = hash_is_hex(sha256) ||
		    strncmp(path + x->cut, "blobs/tmp/", 10) == 0;

	/* what is not named as octets are is somebody else's */
	if (!ours || unlink(path) != 0 || name == NULL)
		json_decref(name);
	else
		repair_note(x->p, "orphan", json_pack("[o]", name));
	return true;
}

/* The indexer makes it anew at the next start. */
static enum outcome
mend_search(struct run *x, struct store *s, struct err *e)
{
	struct check_report r;
	enum outcome o;

	check_begin(&r);
	r.alone = true;
	o = check_search(s, &r, e);
	if (o == OUT_OK && r.found > 0) {
		search_remove(store_dir(s));
		repair_note(x->p, "search.db", json_pack("[s]", "removed"));
	}
	check_release(&r);
	return o;
}

enum outcome
repair_run(struct store *w, struct store *s, struct check_report *r,
	   struct repair *out, struct err *e)
{
	struct run x = { .w = w, .p = out, .cut = strlen(store_dir(s)) + 1 };
	const struct fold_listener l = { .difference = on_difference,
					 .slice = on_slice,
					 .arg = &x };
	int64_t before;
	enum outcome o;
	int i = 0;

	/* a row may stand where another one belongs */
	do {
		before = out->changed;
		out->left = 0;
		o = fold_run(s, r, &l, e);
	} while (o == OUT_OK && out->left > 0 && out->changed > before &&
		 ++i < REPAIR_PASSES);
	if (o == OUT_OK)
		o = mend_repeats(&x, r, e);
	if (o == OUT_OK)
		o = check_orphans(s, r, remove_orphan, &x, e);
	if (o == OUT_OK)
		o = mend_search(&x, s, e);
	store_rollback(w);
	return o;
}
