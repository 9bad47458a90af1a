/*
 * m_book: the desk book's versions, and the desk's own row.
 *
 * A book is checked whole (patterns timed, examples run) on the worker or on
 * a reader, never in the turn; the turn reads again what was found right.
 */

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/store/book.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/store/row.h"
#include "daemon/trail.h"
#include "rules/book.h"

#define DIFF_BYTES_MAX (512 * 1024)

/* Named by the generated table of handlers. */
prepare_fn p_book_apply;
method_fn m_book_apply;
method_fn m_book_check;
method_fn m_book_diff;
method_fn m_book_get;
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

/* As read_text, of a request that cannot go on with a wrong book. */
static enum outcome
need_text(struct request *rq, bool checked, struct book **out, struct err *e)
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
	bool ok = read_text(rq, false, &b, &errors) == OUT_OK;

	(void)d;
	(void)s;
	(void)e;
	result_set(rq, "ok", json_boolean(ok));
	result_set(rq, "errors", ok ? json_array() : errors);
	result_set(rq, "rules",
		   json_integer(ok ? (json_int_t)book_rule_count(b) : 0));
	if (ok)
		book_unref(&b);
	return OUT_OK;
}

enum outcome
p_book_apply(struct desk *d, struct request *rq, struct err *e)
{
	struct book *b = NULL;
	enum outcome o = need_text(rq, false, &b, e);

	(void)d;
	if (o == OUT_OK)
		book_unref(&b);
	return o;
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

enum outcome
m_book_apply(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const char *text = param_str(rq, "text");
	struct book *b = NULL;
	char hash[HASH_HEX];
	int64_t version = 0;
	enum outcome o = base_ok(s, rq, e);

	if (o == OUT_OK)
		o = need_text(rq, true, &b, e);
	if (o != OUT_OK)
		return o;
	o = book_insert(s, text, strlen(text), rq->agent_id,
			param_str(rq, "note"), rq->now_ms, &version, hash, e);
	if (o == OUT_OK)
		o = event_add(
			s, rq->now_ms, "book.applied", 0, rq->agent_id,
			json_pack("{s:I}", "version", (json_int_t)version), e);
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

enum outcome
m_book_diff(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct book *after = NULL;
	struct book *before;
	struct buf b;
	int64_t version = 0;
	enum outcome o = need_text(rq, false, &after, e);

	(void)s;
	if (o != OUT_OK)
		return o;
	before = desk_book(d, &version);
	buf_init(&b, DIFF_BYTES_MAX);
	book_diff(before, after, &b);
	result_set(rq, "lines", b.len > 0 ? lines_json(b.data) : json_array());
	result_set(rq, "version", json_integer(version));
	buf_release(&b);
	book_unref(&before);
	book_unref(&after);
	return OUT_OK;
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
