#include "daemon/store/hits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/search.h"
#include "daemon/store/snippet.h"
#include "daemon/store/store_p.h"
#include "daemon/store/terms.h"
#include "daemon/store/view.h"

#define HITS_STEPS 200 /* of SQLite's machine between two looks at the clock */
#define HITS_MATCH_BYTES 8192
#define HITS_MISSES_MAX 200 /* then a wide question is left off */
#define HITS_SKIPPED 64     /* incidents of pages before that are remembered */

static const char *const match_sql =
	"SELECT rowid FROM words WHERE words MATCH ?1 AND rowid <= ?2"
	" ORDER BY rowid DESC";

static const struct sql q_place = {
	"find where a message is",
	"SELECT incident_id, number FROM message WHERE id = $1"
};

static const struct sql q_newer = {
	"find newer messages of an incident",
	"SELECT id FROM message WHERE incident_id = $1 AND id >= $2"
	" AND id <= $3 ORDER BY number DESC LIMIT $4"
};

static const struct sql q_texts = {
	"read what a message says",
	"SELECT ifnull(reply_text, text) FROM message WHERE id = $1"
};

static const struct sql q_moved = {
	"ask whether an incident was another customer's",
	"SELECT 1 FROM event WHERE incident_id = $1 "
	"AND kind = 'incident.customer' LIMIT 1"
};

static const struct sql q_newest = { "find the newest message",
				     "SELECT ifnull(max(id), 0) FROM message" };

static const struct sql q_numbered = {
	"find an incident by its number",
	"SELECT id FROM message WHERE incident_id = $1"
	" ORDER BY number DESC LIMIT 1"
};

/* A page being made. */
struct walk {
	struct store *s;
	struct search *index;
	const struct book *book;
	const struct hits_query *q;
	struct terms *terms;
	int64_t end_ms;
	int64_t top;    /* the index as it was at the first page */
	int64_t below;  /* rows under this one are next */
	int64_t from;   /* where this page began */
	int64_t number; /* the incident that the text names; 0: none */
	int64_t seen[HITS_LIMIT_MAX + 1];
	size_t n;
	size_t bytes;                  /* of the hits */
	int64_t skipped[HITS_SKIPPED]; /* of pages before; the last ones */
	size_t skips;
	bool more;  /* there is another page */
	bool done;  /* there is nothing more to ask */
	int misses; /* rows that a wide question found and that do not hold */
	struct hits_page *out;
};

static int
walk_late(void *arg)
{
	const struct walk *w = arg;

	return clock_tick_ms() >= w->end_ms;
}

/* --- the handle ---------------------------------------------------------------- */

/* The index beside the store, opened when it is first asked for. OUT_OK and
 * NULL: there is none now; broken: there is a file that is none. */
static enum outcome
hits_index(struct store *s, struct search **out, bool *broken, struct err *e)
{
	enum outcome o = OUT_OK;

	if (s->search != NULL && !search_current(s->search))
		search_close(&s->search);
	if (s->search == NULL)
		o = search_open_read(s->dir, &s->search, e);
	*out = s->search;
	if (o == OUT_OK || strcmp(e->code, "no_fts5") == 0)
		return o;
	/* a failure of the moment is none of the index */
	if (o == OUT_TEMP && e->code[0] == '\0')
		return o;
	/* it is not there, or is being made anew */
	*broken = strcmp(e->code, "index") == 0;
	return OUT_OK;
}

static enum outcome
hits_newest(struct store *s, int64_t *out, struct err *e)
{
	return row_number(s, sql_stmt(s, &q_newest), out, e);
}

enum outcome
hits_progress(struct store *s, int64_t *indexed, int64_t *last, struct err *e)
{
	struct search_state state = { .cursor = 0 };
	struct search *index = NULL;
	bool broken;
	struct err none;
	enum outcome o = hits_newest(s, last, e);

	/* an index that cannot be read has nothing; that is no error here */
	if (o == OUT_OK && hits_index(s, &index, &broken, &none) == OUT_OK &&
	    index != NULL && search_state(index, &state, &none) != OUT_OK)
		state.cursor = 0;
	*indexed = state.cursor;
	return o;
}

/* --- cursors --------------------------------------------------------------------- */

static enum outcome
cursor_read(struct walk *w, const char *after, struct err *e)
{
	int end = 0;

	if (sscanf(after, "%19" SCNd64 ".%19" SCNd64 "%n", &w->top, &w->below,
		   &end) != 2 ||
	    after[end] != '\0' || w->below < 1 || w->top < w->below - 1)
		return err_code(e, OUT_PERM, "bad_params",
				"'after' is not from a search");
	return OUT_OK;
}

/* --- one hit ---------------------------------------------------------------------- */

/* The message's own words first, then what it quotes, then the rest. */
static enum outcome
hit_snippet(struct walk *w, int64_t message, json_t *hit, struct err *e)
{
	static const int order[] = { SEARCH_BODY, SEARCH_SUBJECT, SEARCH_FILES,
				     SEARCH_PEOPLE };
	const struct search_words *sw = search_words(w->index);
	json_t *snippet = NULL;
	json_t *marks = NULL;
	struct search_doc d;
	bool row = false;
	bool found = false;
	sqlite3_stmt *st = sql_stmt(w->s, &q_texts);
	enum outcome o;

	sql_set_int(st, 1, message);
	o = sql_row(w->s, st, &row, e);
	if (o == OUT_OK && row)
		found = snippet_make(w->terms, sw, sql_get_text(st, 0),
				     (size_t)sqlite3_column_bytes(st, 0),
				     &snippet, &marks);
	sql_reset(st);
	st = search_docs(w->s, message - 1, message, 1);
	if (o == OUT_OK)
		o = sql_row(w->s, st, &row, e);
	for (size_t i = 0; o == OUT_OK && row && !found && i < 4; i++) {
		json_t *text = NULL;
		json_t *list = NULL;

		search_doc_read(st, &d);
		found = snippet_make(w->terms, sw, d.column[order[i]],
				     (size_t)d.bytes[order[i]], &text, &list);
		if (found || snippet == NULL) {
			json_decref(snippet);
			json_decref(marks);
			snippet = text;
			marks = list;
		} else {
			json_decref(text);
			json_decref(list);
		}
	}
	sql_reset(st);
	row_set(hit, "snippet", snippet != NULL ? snippet : json_string(""));
	row_set(hit, "marks", marks != NULL ? marks : json_array());
	return o;
}

static enum outcome
hit_add(struct walk *w, int64_t incident, int64_t message, int64_t number,
	struct err *e)
{
	json_t *one = NULL;
	json_t *hit;
	enum outcome o = view_incident(w->s, w->book, incident, &one, e);

	if (o != OUT_OK)
		return o;
	hit = json_object();
	row_set(hit, "incident", one);
	row_set(hit, "message", json_integer(message));
	row_set(hit, "number", json_integer(number));
	o = hit_snippet(w, message, hit, e);
	w->bytes += json_dumpb(hit, NULL, 0, JSON_COMPACT);
	(void)json_array_append_new(w->out->hits, hit);
	w->seen[w->n++] = incident;
	return o;
}

/* --- the walk ---------------------------------------------------------------------- */

static bool
walk_seen(const struct walk *w, int64_t incident)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->seen[i] == incident)
			return true;
	for (size_t i = 0; i < HITS_SKIPPED; i++)
		if (w->skipped[i] == incident)
			return true;
	return incident == w->number;
}

/* Has a page before had this incident, by a newer message? */
static enum outcome
walk_before(struct walk *w, int64_t incident, bool *out, struct err *e)
{
	const struct search_words *sw = search_words(w->index);
	sqlite3_stmt *st = sql_stmt(w->s, &q_newer);
	enum outcome o;
	bool row = false;

	*out = false;
	sql_set_int(st, 1, incident);
	sql_set_int(st, 2, w->from);
	sql_set_int(st, 3, w->top);
	sql_set_int(st, 4, HITS_NEWER_MAX);
	while (!*out && (o = sql_row(w->s, st, &row, e)) == OUT_OK && row) {
		int64_t id = sql_get_int(st, 0);
		sqlite3_stmt *one = search_docs(w->s, id - 1, id, 1);
		struct search_doc d;

		o = sql_row(w->s, one, &row, e);
		if (o == OUT_OK && row) {
			search_doc_read(one, &d);
			*out = terms_hold(w->terms, sw, &d);
		}
		sql_reset(one);
		if (o != OUT_OK)
			break;
	}
	sql_reset(st);
	return o;
}

/* Does a row that was found hold? */
static enum outcome
walk_holds(struct walk *w, int64_t message, bool *out, struct err *e)
{
	sqlite3_stmt *st = search_docs(w->s, message - 1, message, 1);
	bool row = false;
	enum outcome o = sql_row(w->s, st, &row, e);

	*out = false;
	if (o == OUT_OK && row) {
		struct search_doc d;

		search_doc_read(st, &d);
		*out = terms_hold(w->terms, search_words(w->index), &d);
	}
	sql_reset(st);
	return o;
}

/* Words of whom an incident was before are still found in it. */
static enum outcome
walk_stale(struct walk *w, int64_t incident, int64_t message, bool *out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(w->s, &q_moved);
	bool moved = false;
	bool holds = true;
	enum outcome o;

	sql_set_int(st, 1, incident);
	o = row_exists(w->s, st, &moved, e);
	if (o == OUT_OK && moved)
		o = walk_holds(w, message, &holds, e);
	*out = !holds;
	return o;
}

/* A row that matches: a hit, unless its incident is one already. */
static enum outcome
walk_row(struct walk *w, int64_t message, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(w->s, &q_place);
	int64_t incident;
	int64_t number;
	bool row = false;
	bool before = false;
	bool stale = false;
	enum outcome o;

	sql_set_int(st, 1, message);
	o = sql_row(w->s, st, &row, e);
	/* newer than what this reader sees */
	if (o != OUT_OK || !row)
		return o;
	incident = sql_get_int(st, 0);
	number = sql_get_int(st, 1);
	sql_reset(st);
	if (walk_seen(w, incident))
		return OUT_OK;
	o = walk_stale(w, incident, message, &stale, e);
	if (o != OUT_OK || stale)
		return o;
	if (w->from <= w->top)
		o = walk_before(w, incident, &before, e);
	if (o == OUT_OK && before)
		w->skipped[w->skips++ % HITS_SKIPPED] = incident;
	if (o != OUT_OK || before)
		return o;
	if (w->n == (size_t)w->q->limit || w->bytes >= HITS_BYTES_MAX) {
		w->more = true;
		return OUT_OK;
	}
	return hit_add(w, incident, message, number, e);
}

static enum outcome
walk_rows(struct walk *w, sqlite3_stmt *st, bool wide, struct err *e)
{
	enum outcome o = OUT_OK;

	while (o == OUT_OK && w->misses < HITS_MISSES_MAX) {
		int rc = sqlite3_step(st);
		bool holds = true;

		w->out->cut = (rc & 0xff) == SQLITE_INTERRUPT;
		w->done = rc == SQLITE_DONE || w->out->cut;
		if (w->done)
			return OUT_OK;
		if (rc != SQLITE_ROW)
			return search_fail(w->index, "search", e);
		if (wide)
			o = walk_holds(w, sqlite3_column_int64(st, 0), &holds,
				       e);
		w->misses += !holds;
		if (o == OUT_OK && holds)
			o = walk_row(w, sqlite3_column_int64(st, 0), e);
		if (w->more) {
			w->done = true;
			return o;
		}
		w->below = sqlite3_column_int64(st, 0);
		if (walk_late(w)) {
			w->done = w->out->cut = true;
			return o;
		}
	}
	return o;
}

/* One question to the index, from where the walk is. */
static enum outcome
walk_ask(struct walk *w, bool wide, struct err *e)
{
	sqlite3 *db = search_db(w->index);
	sqlite3_stmt *st = NULL;
	struct buf match;
	enum outcome o;

	buf_init(&match, HITS_MATCH_BYTES);
	terms_match(w->terms, wide, &match);
	w->misses = 0;
	sqlite3_progress_handler(db, HITS_STEPS, walk_late, w);
	if (sqlite3_prepare_v2(db, match_sql, -1, &st, NULL) != SQLITE_OK) {
		o = search_fail(w->index, "search", e);
	} else {
		(void)sqlite3_bind_text(st, 1, buf_str(&match), (int)match.len,
					SQLITE_STATIC);
		(void)sqlite3_bind_int64(st, 2, w->below - 1);
		o = walk_rows(w, st, wide, e);
	}
	(void)sqlite3_finalize(st);
	sqlite3_progress_handler(db, 0, NULL, NULL);
	buf_release(&match);
	return o;
}

/* A long beginning that is in many messages is soon found among those with its
 * first letters; one that is not, is in so few that the index is quick. */
static enum outcome
walk_match(struct walk *w, struct err *e)
{
	enum outcome o = OUT_OK;

	w->from = w->below;
	if (terms_long(w->terms))
		o = walk_ask(w, true, e);
	if (o == OUT_OK && !w->done)
		o = walk_ask(w, false, e);
	return o;
}

/* --- an incident by its number --------------------------------------------------------- */

/* "P-42", "#42" or "42" and nothing else; 0: it is none. */
static int64_t
text_number(const char *text)
{
	int64_t n = 0;
	int digits = 0;

	while (*text == ' ')
		text++;
	if (*text == '#')
		text++;
	else if ((text[0] == 'P' || text[0] == 'p') && text[1] == '-')
		text += 2;
	for (; *text >= '0' && *text <= '9' && digits < 18; text++, digits++)
		n = n * 10 + (*text - '0');
	while (*text == ' ')
		text++;
	return *text == '\0' ? n : 0;
}

/* The incident that the text names is the first hit of the first page. */
static enum outcome
walk_number(struct walk *w, struct err *e)
{
	int64_t named = text_number(w->q->text);
	sqlite3_stmt *st;
	int64_t message = 0;
	int64_t number = 0;
	bool row = false;
	enum outcome o;

	if (named == 0)
		return OUT_OK;
	st = sql_stmt(w->s, &q_numbered);
	sql_set_int(st, 1, named);
	o = row_number(w->s, st, &message, e);
	if (o != OUT_OK || message == 0)
		return o;
	if (w->q->after == NULL) {
		st = sql_stmt(w->s, &q_place);
		sql_set_int(st, 1, message);
		o = sql_row(w->s, st, &row, e);
		if (o == OUT_OK && row)
			number = sql_get_int(st, 1);
		sql_reset(st);
		if (o == OUT_OK)
			o = hit_add(w, named, message, number, e);
	}
	w->number = named;
	return o;
}

/* --- a page ------------------------------------------------------------------------------ */

/* The index is there. */
static enum outcome
walk_page(struct walk *w, struct err *e)
{
	struct search_state state;
	int64_t begin;
	enum outcome o = search_state(w->index, &state, e);

	if (o != OUT_OK)
		return o;
	w->out->indexed = state.cursor;
	if (w->q->after == NULL) {
		w->top = state.cursor;
		w->below = state.cursor + 1;
	}
	begin = w->below;
	o = terms_read(search_words(w->index), w->q->text, &w->terms, e);
	if (o == OUT_OK)
		o = walk_number(w, e);
	if (o == OUT_OK && terms_any(w->terms))
		o = walk_match(w, e);
	/* what was cut before it got on would be so the next time */
	if (o == OUT_OK && w->below > 1 &&
	    (w->more || (w->out->cut && w->below < begin)))
		(void)snprintf(w->out->next, sizeof w->out->next,
			       "%" PRId64 ".%" PRId64, w->top, w->below);
	return o;
}

enum outcome
hits_page(struct store *s, const struct book *b, const struct hits_query *q,
	  struct hits_page *out, struct err *e)
{
	struct walk *w = mem_new(1, sizeof *w);
	enum outcome o;

	memset(out, 0, sizeof *out);
	*w = (struct walk){ .s = s, .book = b, .q = q, .out = out };
	w->end_ms = clock_tick_ms() + q->deadline_ms;
	out->hits = json_array();
	o = hits_newest(s, &out->last, e);
	if (o == OUT_OK && q->after != NULL)
		o = cursor_read(w, q->after, e);
	if (o == OUT_OK)
		o = hits_index(s, &w->index, &out->broken, e);
	if (o == OUT_OK && w->index != NULL)
		o = walk_page(w, e);
	terms_free(&w->terms);
	mem_free(w);
	if (o != OUT_OK) {
		json_decref(out->hits);
		out->hits = NULL;
	}
	return o;
}
