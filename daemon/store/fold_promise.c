/*
 * fold_promise: deadlines computed anew, from the version of the desk book
 * that the clock names. A deadline that differs is a fault, unless the zone
 * data are of another edition since: then the promise that was made stands.
 */

#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/book.h"
#include "daemon/store/check.h"
#include "daemon/store/fold_p.h"
#include "daemon/store/row.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "rules/zone.h"

static const struct sql q_zone = { "find the last change of zone data",
				   "SELECT coalesce(max(number), 0) FROM event "
				   "WHERE kind = 'zone.changed'" };
static const struct sql q_edition = { "read the zone data's edition",
				      "SELECT tzdata FROM desk WHERE id = 1" };

void
fold_books_drop(struct fold *f)
{
	size_t i;

	for (i = 0; i < FOLD_BOOKS; i++)
		if (f->books[i].book != NULL)
			book_unref(&f->books[i].book);
	memset(f->books, 0, sizeof f->books);
}

/* A version of the desk book, parsed once; NULL: it cannot be read, which was
 * told. Borrowed until FOLD_BOOKS others were asked for. */
static enum outcome
book_of(struct fold *f, int64_t version, struct book **out, struct err *e)
{
	struct fold_book *b;
	enum outcome o;
	size_t i;

	for (i = 0; i < FOLD_BOOKS; i++)
		if (f->books[i].version == version) {
			*out = f->books[i].book;
			return OUT_OK;
		}
	b = &f->books[f->next_book++ % FOLD_BOOKS];
	if (b->book != NULL)
		book_unref(&b->book);
	b->version = version;
	o = book_at_version(f->s, version, &b->book, e);
	if (o == OUT_PERM && strcmp(e->code, "damaged") != 0) {
		check_problem(f->r, "book_unreadable",
			      json_pack("[I,s]", (json_int_t)version, e->text));
		o = OUT_OK;
	}
	if (o != OUT_OK)
		b->version = 0;
	*out = b->book;
	return o;
}

/* Is the zone data of the clock another one than the system's now? */
static enum outcome
zone_moved(struct fold *f, const struct thing *t, bool *out, struct err *e)
{
	sqlite3_stmt *st;
	char edition[ZONE_EDITION_MAX];
	bool row = false;
	enum outcome o = OUT_OK;

	if (f->zone_number < 0) {
		o = row_number(f->s, sql_stmt(f->s, &q_zone), &f->zone_number,
			       e);
		st = sql_stmt(f->s, &q_edition);
		if (o == OUT_OK)
			o = sql_row(f->s, st, &row, e);
		(void)zone_edition(edition);
		f->zone_other = o == OUT_OK && row &&
				strcmp(sql_get_text(st, 0), "") != 0 &&
				strcmp(sql_get_text(st, 0), edition) != 0;
		sql_reset(st);
	}
	*out = f->zone_other || t->number < f->zone_number;
	return o;
}

static int64_t
int_of(const struct thing *t, int column)
{
	return json_integer_value(t->have[column]);
}

/* Seconds that the policy promises for a clock of that name; -1: none. */
static int64_t
budget_of(const struct book_policy *p, const char *name)
{
	if (strcmp(name, "first_response") == 0)
		return p->first_response_s;
	if (strcmp(name, "next_response") == 0)
		return p->next_response_s;
	return strcmp(name, "resolution") == 0 ? p->resolution_s : -1;
}

static void
differs(struct fold *f, const struct thing *t, const char *what, json_t *want)
{
	check_problem(f->r, "clock_promise",
		      json_pack("[I,s,o]", (json_int_t)t->id, what, want));
}

static enum outcome
check_deadline(struct fold *f, const struct thing *t, const struct calendar *c,
	       struct err *e)
{
	int64_t due = deadline_due(c, int_of(t, C_START), int_of(t, C_BUDGET),
				   NULL, 0);
	json_t *want = due != DEADLINE_NEVER ? json_integer(due) : json_null();
	bool moved = false;
	enum outcome o = OUT_OK;

	if (!json_equal(want, t->have[C_DUE])) {
		o = zone_moved(f, t, &moved, e);
		if (o == OUT_OK && moved)
			check_notice(f->r, "zone_data",
				     json_pack("[I,O,O]", (json_int_t)t->id,
					       t->have[C_DUE], want));
		else if (o == OUT_OK)
			differs(f, t, "due_s", json_incref(want));
	}
	json_decref(want);
	return o;
}

/* Does a clock start when a contact of the incident was received? */
static bool
starts_with_contact(const struct incident_fold *f, int64_t start_s)
{
	size_t i;

	for (i = 0; i < f->message_count; i++)
		if (strcmp(f->messages[i].direction, "in") == 0 &&
		    f->messages[i].received_ms / 1000 == start_s)
			return true;
	return false;
}

static enum outcome
check_promise(struct fold *f, const struct thing *t, struct err *e)
{
	const char *policy = json_string_value(t->have[C_POLICY]);
	const char *name = json_string_value(t->have[C_NAME]);
	const char *calendar = json_string_value(t->have[C_CALENDAR]);
	const struct book_policy *p;
	struct book *b = NULL;
	enum outcome o = book_of(f, int_of(t, C_BOOK), &b, e);

	if (o != OUT_OK || b == NULL || policy == NULL || name == NULL ||
	    calendar == NULL)
		return o;
	if (!starts_with_contact(&f->inc, int_of(t, C_START)))
		differs(f, t, "start_s", json_null());
	p = book_policy(b, policy);
	if (p == NULL || p->calendar == NULL) {
		differs(f, t, "policy", json_null());
		return OUT_OK;
	}
	if (strcmp(p->calendar_name, calendar) != 0)
		differs(f, t, "calendar", json_string(p->calendar_name));
	if (budget_of(p, name) != int_of(t, C_BUDGET))
		differs(f, t, "budget_s", json_integer(budget_of(p, name)));
	return check_deadline(f, t, p->calendar, e);
}

enum outcome
fold_promises(struct fold *f, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < f->inc.thing_count; i++)
		if (f->inc.things[i].kind == FOLD_CLOCK && f->inc.things[i].row)
			o = check_promise(f, &f->inc.things[i], e);
	return o;
}
