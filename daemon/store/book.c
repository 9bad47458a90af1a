#include "daemon/store/book.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"
#include "rules/book.h"

/* What a new desk begins with. */
static const char book_first[] = "queue \"general\" {\n"
				 "\ttitle \"General\"\n"
				 "}\n";

static const struct sql q_stored = {
	"read the desk book",
	"SELECT version, hash, text FROM book WHERE version = $1"
};

static const struct sql q_newest = { "read the desk book's version",
				     "SELECT max(version) FROM book" };

static const struct sql q_at = {
	"read which desk book was applied",
	"SELECT max(1, ifnull(max(version), 1)) FROM book "
	"WHERE applied_ms <= $1"
};

static const struct sql q_insert = {
	"store the desk book",
	"INSERT INTO book (version, hash, text, agent_id, note, applied_ms)"
	" VALUES ($1, $2, $3, $4, $5, $6)"
};

static const struct sql q_versions = {
	"list the desk book's versions",
	"SELECT b.version, b.hash, length(CAST(b.text AS BLOB)), "
	"b.applied_ms, b.agent_id, a.name, b.note, (SELECT max(o.version) FROM book o "
	"WHERE o.version < b.version AND o.hash = b.hash) "
	"FROM book b LEFT JOIN agent a ON a.id = b.agent_id "
	"WHERE b.version < $1 ORDER BY b.version DESC LIMIT $2"
};

static json_t *
stored_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "version", sql_json_int(st, 0));
	row_set(o, "hash", row_str(st, 1));
	row_set(o, "text", row_str(st, 2));
	return o;
}

static json_t *
version_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "version", sql_json_int(st, 0));
	row_set(o, "hash", row_str(st, 1));
	row_set(o, "bytes", sql_json_int(st, 2));
	row_set(o, "applied_at", sql_json_ms(st, 3));
	row_set(o, "agent", sql_json_int(st, 4));
	row_set(o, "agent_name", row_str(st, 5));
	row_set(o, "note", row_str(st, 6));
	row_set(o, "same_as", sql_json_int(st, 7));
	return o;
}

enum outcome
book_versions(struct store *s, int64_t before, int limit, json_t **out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_versions);

	sql_set_int(st, 1, before != 0 ? before : INT64_MAX);
	sql_set_int(st, 2, limit);
	return row_list(s, st, version_of, out, e);
}

enum outcome
book_newest(struct store *s, int64_t *version_out, struct err *e)
{
	return row_number(s, sql_stmt(s, &q_newest), version_out, e);
}

enum outcome
book_version_at(struct store *s, int64_t at_ms, int64_t *version_out,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_at);

	sql_set_int(st, 1, at_ms);
	return row_number(s, st, version_out, e);
}

enum outcome
book_stored(struct store *s, int64_t version, json_t **out, struct err *e)
{
	enum outcome o = OUT_OK;

	*out = NULL;
	if (version == 0)
		o = book_newest(s, &version, e);
	if (o == OUT_OK)
		o = row_one_of(s, &q_stored, version, stored_of, out, e);
	if (o == OUT_OK && *out == NULL)
		return err_code(e, OUT_PERM, "not_found",
				"no such version of the desk book: %lld",
				(long long)version);
	return o;
}

enum outcome
book_insert(struct store *s, const char *text, size_t n, int64_t agent_id,
	    const char *note, int64_t now_ms, int64_t *version_out,
	    char hash_out[HASH_HEX], struct err *e)
{
	sqlite3_stmt *st;
	int64_t version = 0;
	enum outcome o = book_newest(s, &version, e);

	if (o != OUT_OK)
		return o;
	version++;
	hash_hex(text, n, hash_out);
	st = sql_stmt(s, &q_insert);
	sql_set_int(st, 1, version);
	sql_set_str(st, 2, hash_out);
	sql_set_strn(st, 3, text, n);
	sql_set_id(st, 4, agent_id);
	sql_set_str(st, 5, note != NULL ? note : "");
	sql_set_int(st, 6, now_ms);
	*version_out = version;
	return sql_done(s, st, e);
}

/* How a text becomes a book. */
typedef enum outcome book_read_fn(const char *text, size_t n,
				  struct book **book_out,
				  struct book_errors *errs);

/* Read a stored text again. */
static enum outcome
book_again(const json_t *stored, book_read_fn *read, struct book **out,
	   struct err *e)
{
	const char *text = json_string_value(json_object_get(stored, "text"));
	struct book_errors errs;
	enum outcome o;

	memset(&errs, 0, sizeof(errs));
	o = read(text, strlen(text), out, &errs);
	if (o != OUT_OK) {
		const struct book_error *first = errs.n > 0 ? errs.list : NULL;

		(void)err_code(
			e, o, "book",
			"cannot read the desk book, version %lld: %d:%d: %s",
			(long long)json_integer_value(
				json_object_get(stored, "version")),
			first != NULL ? first->line : 0,
			first != NULL ? first->column : 0,
			first != NULL ? first->text : "unknown");
	}
	book_errors_release(&errs);
	return o;
}

enum outcome
book_at_version(struct store *s, int64_t version, struct book **out,
		struct err *e)
{
	json_t *stored = NULL;
	enum outcome o = book_stored(s, version, &stored, e);

	if (o == OUT_OK)
		o = book_again(stored, book_read_trusted, out, e);
	json_decref(stored);
	return o;
}

enum outcome
book_promises_at(struct store *s, int64_t version, struct book **out,
		 struct err *e)
{
	json_t *stored = NULL;
	enum outcome o = book_stored(s, version, &stored, e);

	if (o == OUT_OK)
		o = book_again(stored, book_promises_read, out, e);
	json_decref(stored);
	return o;
}

/* A new store's rows. */
static enum outcome
book_start(struct store *s, struct err *e)
{
	int64_t now_ms = clock_now_ms();
	int64_t version = 0;
	char hash[HASH_HEX];
	enum outcome o = store_begin(s, e);

	if (o != OUT_OK)
		return o;
	o = deskrow_ensure(s, now_ms, e);
	if (o == OUT_OK)
		o = book_newest(s, &version, e);
	if (o == OUT_OK && version == 0)
		o = book_insert(s, book_first, strlen(book_first), 0, "",
				now_ms, &version, hash, e);
	if (o != OUT_OK) {
		store_rollback(s);
		return o;
	}
	return store_commit(s, e);
}

enum outcome
book_load(struct store *s, struct book **out, int64_t *version_out,
	  struct err *e)
{
	json_t *stored = NULL;
	enum outcome o = book_start(s, e);

	if (o == OUT_OK)
		o = book_stored(s, 0, &stored, e);
	if (o == OUT_OK)
		o = book_again(stored, book_read_trusted, out, e);
	if (o == OUT_OK)
		*version_out =
			json_integer_value(json_object_get(stored, "version"));
	json_decref(stored);
	return o;
}
