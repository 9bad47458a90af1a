/*
 * fold_promise: deadlines computed anew, from the version of the desk book
 * that the clock names. A deadline that differs is a fault, unless the zone
 * data are of another edition since: then the promise that was made stands.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/book.h"
#include "daemon/store/check.h"
#include "daemon/store/course.h"
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
	o = book_promises_at(f->s, version, &b->book, e);
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

static const char *
str_of(const struct thing *t, int column)
{
	const char *s = json_string_value(t->have[column]);

	return s != NULL ? s : "";
}

static void
differs(struct fold *f, const struct thing *t, const char *what, json_t *want)
{
	check_problem(f->r, "clock_promise",
		      json_pack("[I,s,o]", (json_int_t)t->id, what, want));
}

/* --- its course, as its rows have it --------------------------------------- */

static void
terms_of(const struct thing *t, struct course_terms *out)
{
	memset(out, 0, sizeof *out);
	out->book_version = int_of(t, C_BOOK);
	(void)snprintf(out->policy, sizeof out->policy, "%s",
		       str_of(t, C_POLICY));
	(void)snprintf(out->calendar, sizeof out->calendar, "%s",
		       str_of(t, C_CALENDAR));
	out->budget_s = int_of(t, C_BUDGET);
	out->days = int_of(t, C_DAYS);
}

static int64_t
at_int(const json_t *row, size_t i)
{
	return json_integer_value(json_array_get(row, i));
}

static const char *
at_str(const json_t *row, size_t i)
{
	const char *s = json_string_value(json_array_get(row, i));

	return s != NULL ? s : "";
}

/* false: it has more of them than a clock may have. */
static bool
course_of(const struct thing *t, struct course *out)
{
	struct course_terms terms;
	const json_t *row;
	bool fits = true;
	size_t i;

	terms_of(t, &terms);
	course_init(out, int_of(t, C_START), &terms);
	json_array_foreach(t->have[C_SPANS], i, row)
	{
		terms.book_version = at_int(row, 1);
		(void)snprintf(terms.policy, sizeof terms.policy, "%s",
			       at_str(row, 2));
		(void)snprintf(terms.calendar, sizeof terms.calendar, "%s",
			       at_str(row, 3));
		terms.budget_s = at_int(row, 4);
		terms.days = at_int(row, 5);
		fits = fits && course_move(out, at_int(row, 0), &terms);
	}
	json_array_foreach(t->have[C_PAUSES], i, row) fits =
		fits && course_pause(out, at_int(row, 0),
				     json_is_null(json_array_get(row, 1))
					     ? DEADLINE_NEVER
					     : at_int(row, 1),
				     at_str(row, 2));
	return fits;
}

/* One reference. A version that cannot be read was told of. */
static enum outcome
ref_of(void *arg, int64_t version, struct book **out, struct err *e)
{
	struct fold *f = arg;
	struct book *b = NULL;
	enum outcome o = book_of(f, version, &b, e);

	if (o == OUT_OK && b == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"version %lld of the desk book cannot be read",
				(long long)version);
	*out = b != NULL ? book_ref(b) : NULL;
	return o;
}

static enum outcome
check_due(struct fold *f, const struct thing *t, int64_t due, struct err *e)
{
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

/* What it used is told where it ended since there are courses. */
static void
check_used(struct fold *f, const struct thing *t, const struct course *c)
{
	int64_t used = course_used(c, int_of(t, C_ENDED));

	if (json_is_integer(t->have[C_USED]) && used != int_of(t, C_USED))
		differs(f, t, "used_s", json_integer(used));
}

static enum outcome
check_course(struct fold *f, const struct thing *t, struct err *e)
{
	struct course c;
	bool fits = course_of(t, &c);
	enum outcome o = course_resolve(&c, ref_of, f, e);

	if (!fits) {
		differs(f, t, "spans", json_null());
	} else if (o == OUT_OK) {
		check_used(f, t, &c);
		o = check_due(f, t, course_due(&c), e);
	} else if (o == OUT_PERM && strcmp(e->code, "not_found") == 0) {
		differs(f, t, "calendar", json_null());
		o = OUT_OK;
	}
	course_release(&c);
	return o;
}

/* --- what its policy promised ------------------------------------------------ */

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

/* Where no contact has to be: what is not begun by one. */
static bool
starts_by_itself(const struct thing *t)
{
	const char *name = str_of(t, C_NAME);

	return t->elsewhere || t->anew || strcmp(name, "claim") == 0 ||
	       strcmp(name, "proactive") == 0;
}

static void
check_terms(struct fold *f, const struct thing *t, const struct book_policy *p)
{
	struct book_budget want = { .seconds = -1 };
	const char *calendar = p->calendar_name != NULL ? p->calendar_name : "";
	enum book_clock clock;

	if (book_clock_find(str_of(t, C_NAME), &clock))
		want = book_policy_budget(p, clock, str_of(t, C_PRIORITY));
	if (want.wall)
		calendar = "";
	if (strcmp(calendar, str_of(t, C_CALENDAR)) != 0)
		differs(f, t, "calendar", json_string(calendar));
	if (want.seconds != int_of(t, C_BUDGET) ||
	    want.days != int_of(t, C_DAYS))
		differs(f, t, "budget_s", json_integer(want.seconds));
}

static enum outcome
check_promise(struct fold *f, const struct thing *t, struct err *e)
{
	const struct book_policy *p;
	struct book *b = NULL;
	enum outcome o = book_of(f, int_of(t, C_BOOK), &b, e);

	if (o != OUT_OK || b == NULL)
		return o;
	if (!starts_by_itself(t) &&
	    !starts_with_contact(&f->inc, int_of(t, C_START)))
		differs(f, t, "start_s", json_null());
	p = book_policy(b, str_of(t, C_POLICY));
	if (p == NULL) {
		differs(f, t, "policy", json_null());
		return OUT_OK;
	}
	check_terms(f, t, p);
	return check_course(f, t, e);
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
