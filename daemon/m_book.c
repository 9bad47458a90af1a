#include "daemon/m_book.h"

/*
 * m_book: the desk book's versions, and the desk's own row.
 *
 * A book is checked whole (patterns timed, examples run) on the worker or on
 * a reader, never in the turn, which gets what the worker read.
 */

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/book_warn.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/settings.h"
#include "daemon/store/book.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"
#include "daemon/trail.h"
#include "rules/book.h"

#define DIFF_BYTES_MAX (512 * 1024)
#define VERSIONS_DEFAULT 50
#define VERSIONS_MAX 200

/* Named by the generated table of handlers. */
prepare_fn p_book_apply;
prepare_fn p_book_rollback;
method_fn m_book_apply;
method_fn m_book_check;
method_fn m_book_diff;
method_fn m_book_get;
method_fn m_book_list;
method_fn m_book_rollback;
method_fn m_desk_get;
method_fn m_desk_set;

static json_t *
errors_json(const struct book_errors *errs)
{
	json_t *list = json_array();

	for (size_t i = 0; i < errs->n; i++) {
		const struct book_error *x = &errs->list[i];
		json_t *o = json_object();

		row_set(o, "line", json_integer(x->line));
		row_set(o, "column", json_integer(x->column));
		row_set(o, "text", json_string(x->text));
		row_set(o, "hint",
			x->hint != NULL ? json_string(x->hint) : json_null());
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* Read and check the text of a request. errors_out: new list, or NULL. */
static enum outcome
read_text(const struct request *rq, bool checked, struct book **out,
	  json_t **errors_out)
{
	const char *text = param_str(rq, "text");
	struct book_errors errs;
	enum outcome o;

	memset(&errs, 0, sizeof(errs));
	*errors_out = NULL;
	o = checked ? book_read_trusted(text, strlen(text), out, &errs)
		    : book_read(text, strlen(text), out, &errs);
	if (o != OUT_OK)
		*errors_out = errors_json(&errs);
	book_errors_release(&errs);
	return o;
}

enum outcome
book_of_text(struct request *rq, bool checked, struct book **out, struct err *e)
{
	json_t *errors = NULL;
	size_t n;

	if (read_text(rq, checked, out, &errors) == OUT_OK)
		return OUT_OK;
	n = json_array_size(errors);
	json_decref(rq->error_data);
	rq->error_data = json_object();
	row_set(rq->error_data, "errors", errors);
	return err_code(e, OUT_PERM, "book", "the desk book has %zu error%s", n,
			n == 1 ? "" : "s");
}

enum outcome
m_book_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	(void)d;
	return book_stored(s, param_int(rq, "version", 0), &rq->result, e);
}

enum outcome
m_book_check(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct book *b = NULL;
	json_t *errors = NULL;
	json_t *warnings = NULL;
	enum outcome o = OUT_OK;
	bool ok = read_text(rq, false, &b, &errors) == OUT_OK;

	(void)d;
	result_set(rq, "ok", json_boolean(ok));
	result_set(rq, "errors", ok ? json_array() : errors);
	result_set(rq, "rules",
		   json_integer(ok ? (json_int_t)book_rule_count(b) : 0));
	if (ok)
		o = book_warnings(s, b, &warnings, e);
	if (ok)
		book_unref(&b);
	result_set(rq, "warnings", warnings != NULL ? warnings : json_array());
	return o;
}

enum outcome
p_book_apply(struct desk *d, struct request *rq, struct err *e)
{
	(void)d;
	return book_of_text(rq, false, &rq->book, e);
}

/* Was another version applied since the text was made? */
static enum outcome
base_ok(struct store *s, struct request *rq, struct err *e)
{
	int64_t newest = 0;
	enum outcome o = book_newest(s, &newest, e);

	if (o != OUT_OK || !param_given(rq, "base") ||
	    param_int(rq, "base", 0) == newest)
		return o;
	rq->error_data = json_object();
	row_set(rq->error_data, "version", json_integer(newest));
	return err_code(e, OUT_PERM, "base",
			"version %lld of the desk book was applied since",
			(long long)newest);
}

/* Store a text that was found right, and make it the book of the next turns.
 * rollback: the version that it was before, 0: of none. Takes b. */
static enum outcome
put_book(struct desk *d, struct store *s, struct request *rq, const char *text,
	 struct book *b, int64_t rollback, struct err *e)
{
	char hash[HASH_HEX];
	int64_t version = 0;
	json_t *data;
	enum outcome o = book_insert(s, text, strlen(text), rq->agent_id,
				     param_str(rq, "note"), rq->now_ms,
				     &version, hash, e);

	if (o == OUT_OK) {
		data = json_pack("{s:I}", "version", (json_int_t)version);
		if (rollback != 0)
			row_set(data, "rollback", json_integer(rollback));
		o = event_add(s, rq->now_ms, "book.applied", 0, rq->agent_id,
			      data, e);
	}
	if (o == OUT_OK)
		o = trail_add(s, rq, version, "ok", e);
	if (o != OUT_OK) {
		book_unref(&b);
		return o;
	}
	if (d->next_book != NULL)
		book_unref(&d->next_book);
	d->next_book = b;
	d->next_version = version;
	result_set(rq, "version", json_integer(version));
	result_set(rq, "hash", json_string(hash));
	return OUT_OK;
}

/* The book that the worker read: compiling thousands of patterns once more
 * would hold up everybody. */
static bool
take_book(struct request *rq, struct book **out)
{
	*out = rq->book;
	rq->book = NULL;
	return *out != NULL;
}

/* What of the promises that run? */
static enum outcome
clocks_word(const struct request *rq, bool *move, bool *anew, struct err *e)
{
	const char *word = param_str(rq, "clocks");

	*anew = word != NULL && strcmp(word, "anew") == 0;
	*move = *anew || (word != NULL && strcmp(word, "change") == 0);
	if (word == NULL || *move || strcmp(word, "keep") == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'clocks' is none of keep, change, anew");
}

/* Of the book that this turn applied. */
static enum outcome
put_warnings(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *list = NULL;
	enum outcome o = book_warnings(s, d->next_book, &list, e);

	if (o == OUT_OK)
		result_set(rq, "warnings", list);
	return o;
}

enum outcome
m_book_apply(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct book *b = NULL;
	bool move = false;
	bool anew = false;
	enum outcome o = clocks_word(rq, &move, &anew, e);

	if (o == OUT_OK)
		o = base_ok(s, rq, e);

	if (o == OUT_OK && !take_book(rq, &b))
		o = book_of_text(rq, true, &b, e);
	if (o == OUT_OK)
		o = put_book(d, s, rq, param_str(rq, "text"), b, 0, e);
	if (o == OUT_OK && move)
		o = clocks_apply(s, d->next_version, anew, rq->now_ms, e);
	return o == OUT_OK ? put_warnings(d, s, rq, e) : o;
}

enum outcome
m_book_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t limit = param_int(rq, "limit", VERSIONS_DEFAULT);
	int64_t before = param_int(rq, "before", 0);
	int64_t version = 0;
	struct book *b;
	json_t *list = NULL;
	json_t *x;
	size_t i;
	enum outcome o;

	if (limit < 1 || limit > VERSIONS_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", VERSIONS_MAX);
	if (param_given(rq, "before") && before < 1)
		return err_code(e, OUT_PERM, "bad_params",
				"'before' is not a version");
	o = book_versions(s, before, (int)limit, &list, e);
	if (o != OUT_OK)
		return o;
	b = desk_book(d, &version);
	json_array_foreach(list, i, x) if (json_integer_value(json_object_get(
						   x, "version")) == version)
		row_set(x, "rules",
			json_integer((json_int_t)book_rule_count(b)));
	book_unref(&b);
	result_set(rq, "versions", list);
	return OUT_OK;
}

/* On the worker: the version is read for the turn. */
enum outcome
p_book_rollback(struct desk *d, struct request *rq, struct err *e)
{
	struct store *s = NULL;
	enum outcome o = store_open(d->settings->data_dir, STORE_READ, &s, e);

	if (o == OUT_OK)
		o = book_at_version(s, param_int(rq, "version", 0), &rq->book,
				    e);
	store_close(&s);
	return o;
}

enum outcome
m_book_rollback(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	int64_t version = param_int(rq, "version", 0);
	int64_t newest = 0;
	json_t *stored = NULL;
	struct book *b = NULL;
	enum outcome o = base_ok(s, rq, e);

	if (o == OUT_OK)
		o = book_newest(s, &newest, e);
	if (o == OUT_OK && version == newest)
		return err_code(e, OUT_PERM, "applied",
				"version %lld is the applied one",
				(long long)version);
	if (o == OUT_OK)
		o = book_stored(s, version, &stored, e);
	if (o == OUT_OK && !take_book(rq, &b))
		o = book_at_version(s, version, &b, e);
	if (o == OUT_OK)
		o = put_book(d, s, rq,
			     json_string_value(json_object_get(stored, "text")),
			     b, version, e);
	json_decref(stored);
	return o;
}

static json_t *
lines_json(char *text)
{
	json_t *list = json_array();
	char *at = text;
	char *line;

	while ((line = strsep(&at, "\n")) != NULL)
		if (line[0] != '\0')
			(void)json_array_append_new(list, json_string(line));
	return list;
}

/* A version of the book, by default the applied one, and its number. */
static enum outcome
version_of(struct desk *d, struct store *s, struct request *rq,
	   const char *name, struct book **out, int64_t *version_out,
	   struct err *e)
{
	int64_t applied = 0;
	struct book *b = desk_book(d, &applied);

	*version_out = param_int(rq, name, applied);
	if (*version_out == applied) {
		*out = b;
		return OUT_OK;
	}
	book_unref(&b);
	if (*version_out < 1)
		return err_code(e, OUT_PERM, "bad_params",
				"'%s' is not a version", name);
	return book_at_version(s, *version_out, out, e);
}

/* The two books of a request, before and after. */
static enum outcome
diff_books(struct desk *d, struct store *s, struct request *rq,
	   struct book **before, struct book **after, int64_t *version,
	   struct err *e)
{
	int64_t to;
	enum outcome o;

	if (param_given(rq, "text") == param_given(rq, "to") &&
	    (param_given(rq, "to") || !param_given(rq, "from")))
		return err_code(e, OUT_PERM, "bad_params",
				"give 'text', or 'from', 'to' or both");
	o = version_of(d, s, rq, "from", before, version, e);
	if (o != OUT_OK)
		return o;
	/* what differs does not ask whether examples hold */
	return param_given(rq, "text")
		       ? book_of_text(rq, true, after, e)
		       : version_of(d, s, rq, "to", after, &to, e);
}

enum outcome
m_book_diff(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct book *after = NULL;
	struct book *before = NULL;
	struct buf b;
	int64_t version = 0;
	enum outcome o = diff_books(d, s, rq, &before, &after, &version, e);

	if (o == OUT_OK) {
		buf_init(&b, DIFF_BYTES_MAX);
		book_diff(before, after, &b);
		result_set(rq, "lines",
			   b.len > 0 ? lines_json(b.data) : json_array());
		result_set(rq, "version", json_integer(version));
		buf_release(&b);
	}
	book_unref(&before);
	book_unref(&after);
	return o;
}

enum outcome
m_desk_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	enum outcome o = deskrow_get(s, &rq->result, e);

	(void)d;
	if (o == OUT_OK)
		(void)json_object_del(rq->result, "tzdata");
	return o;
}

enum outcome
m_desk_set(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const char *name = param_str(rq, "name");
	const char *language = param_str(rq, "language");
	enum outcome o;

	if (language != NULL && strcmp(language, "es") != 0 &&
	    strcmp(language, "en") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'language' is neither es nor en");
	if (name != NULL && name[0] == '\0')
		return err_code(e, OUT_PERM, "bad_params", "'name' is empty");
	o = deskrow_set(s, name, language, e);
	if (o == OUT_OK)
		o = event_add(s, rq->now_ms, "desk.changed", 0, rq->agent_id,
			      json_pack("{s:b}", "name", name != NULL), e);
	if (o == OUT_OK)
		o = trail_add(s, rq, 0, "ok", e);
	return o == OUT_OK ? m_desk_get(d, s, rq, e) : o;
}
