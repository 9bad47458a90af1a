#include "tests/unit/fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/check.h"
#include "daemon/store/event.h"
#include "daemon/store/list.h"
#include "daemon/store/sql.h"
#include "rules/book.h"
#include "tests/unit/plans.h"

struct fixture fx;

method_fn m_contact_add;

static const char book_text[] =
	"queue \"general\" { title \"General\" }\n"
	"queue \"devoluciones\" { title \"Devoluciones\" }\n"
	"calendar \"siempre\" {\n"
	"    timezone \"Europe/Madrid\"\n"
	"    mon-sun 00:00-24:00\n"
	"}\n"
	"policy \"correo\" {\n"
	"    via email\n"
	"    calendar \"siempre\"\n"
	"    first response 4h\n"
	"    next response 8h\n"
	"}\n"
	"rule \"devolución\" {\n"
	"    on contact via email\n"
	"    if subject or body matches /\\bdevoluci[oó]n\\b/\n"
	"    then reason return_request, queue \"devoluciones\", "
	"priority high, tag \"devolucion\"\n"
	"    example \"quiero una devolución\"\n"
	"    counterexample \"hola\"\n"
	"}\n";

/* --- set-up --------------------------------------------------------------- */

void
fixture_exec(const char *sql)
{
	char *why = NULL;

	/* rows that a test writes itself are none of the tally's */
	fx.foreign = fx.foreign || strstr(sql, "incident") != NULL;
	if (sqlite3_exec(sql_db(fx.store), sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
}

static void
fixture_rows(void)
{
	char *sql = sqlite3_mprintf(
		"INSERT INTO desk (id, name, language, created_ms) "
		"VALUES (1, 'Tienda Olmo', 'es', 1);"
		"INSERT INTO agent (id, email, name, role, password, "
		"created_ms) VALUES (1, 'ana@olmo.example', 'Ana', 'agent', "
		"'x', 1), (2, 'luis@olmo.example', 'Luis', 'agent', 'x', 1);"
		"INSERT INTO book (version, hash, text, applied_ms) "
		"VALUES (1, 'h', %Q, 1);"
		"INSERT INTO connection (id, name, kind, role, settings, "
		"created_ms) VALUES (1, 'demo', 'maildir', 'mail', "
		"'{\"address\":\"hola@olmo.example\","
		"\"from_name\":\"Tienda Olmo\"}', 1), "
		"(2, 'otra', 'imap', 'mail', "
		"'{\"address\":\"otra@olmo.example\"}', 1);",
		book_text);

	fixture_exec(sql);
	sqlite3_free(sql);
	fx.agent_id = 1;
	fx.other_agent_id = 2;
}

static void
fixture_book(void)
{
	struct book_errors errs = { 0 };

	if (book_read_trusted(book_text, strlen(book_text), &fx.desk.book,
			      &errs) != OUT_OK)
		fail_msg("book: line %d: %s", errs.n ? errs.list[0].line : 0,
			 errs.n ? errs.list[0].text : "?");
	book_errors_release(&errs);
	fx.desk.book_version = 1;
}

typedef enum outcome book_fn(const char *text, size_t n, struct book **book_out,
			     struct book_errors *errs);

static void
apply_by(book_fn *read, const char *head, const char *rest, int64_t applied_ms)
{
	struct book_errors errs = { 0 };
	char *text = sqlite3_mprintf("%s%s", head, rest);
	char hash[HASH_HEX];
	char *sql;

	book_unref(&fx.desk.book);
	if (read(text, strlen(text), &fx.desk.book, &errs) != OUT_OK)
		fail_msg("line %d: %s", errs.list[0].line, errs.list[0].text);
	book_errors_release(&errs);
	hash_hex(text, strlen(text), hash);
	fx.desk.book_version++;
	sql = sqlite3_mprintf("INSERT INTO book (version, hash, text, note, "
			      "applied_ms) VALUES (%lld, %Q, %Q, '', %lld)",
			      (long long)fx.desk.book_version, hash, text,
			      (long long)applied_ms);
	fixture_exec(sql);
	sqlite3_free(sql);
	sqlite3_free(text);
}

void
fixture_apply(const char *head, const char *rest, int64_t applied_ms)
{
	apply_by(book_read, head, rest, applied_ms);
}

void
fixture_apply_trusted(const char *head, const char *rest, int64_t applied_ms)
{
	apply_by(book_read_trusted, head, rest, applied_ms);
}

/* Count what is active, once; what is kept in memory must be that from now
 * on. */
static void
fixture_tally(void)
{
	struct store *reader = NULL;
	struct err e;

	fx.foreign = false;
	store_tally_start(fx.store);
	assert_int_equal(store_open(fx.dir, STORE_READ, &reader, &e), OUT_OK);
	store_tally_share(reader, fx.store);
	assert_int_equal(store_read_begin(reader, &e), OUT_OK);
	assert_int_equal(store_tally_load(reader, &e), OUT_OK);
	store_read_end(reader);
	store_close(&reader);
}

int
fixture_setup(void **state)
{
	struct err e;

	(void)state;
	hash_start();
	memset(&fx, 0, sizeof fx);
	memset(&engine_seen, 0, sizeof engine_seen);
	(void)snprintf(fx.dir, sizeof fx.dir, "/tmp/postigo-unit-XXXXXX");
	assert_non_null(mkdtemp(fx.dir));
	memset(fx.desk.key, 7, sizeof fx.desk.key);
	fx.now_ms = T0_MS;
	fx.desk.started_ms = T0_MS - 60000;
	if (store_open(fx.dir, STORE_WRITE, &fx.store, &e) != OUT_OK)
		fail_msg("%s", e.text);
	fixture_rows();
	fixture_book();
	fixture_tally();
	return 0;
}

static void
fixture_checks(void)
{
	json_t *problems = NULL;
	struct err e;
	size_t count = 0;
	char *text;

	if (store_check(fx.store, &problems, &count, &e) != OUT_OK)
		fail_msg("%s", e.text);
	assert_true(count > 30);
	text = json_dumps(problems, JSON_COMPACT);
	assert_string_equal(text, "[]");
	free(text);
	json_decref(problems);
}

void
fixture_finds(const char *check, const char *sql)
{
	json_t *problems = NULL;
	const json_t *x;
	struct err e;
	size_t count = 0;
	size_t i;
	bool found = false;

	fixture_exec("SAVEPOINT planted");
	fixture_exec(sql);
	assert_int_equal(store_check(fx.store, &problems, &count, &e), OUT_OK);
	json_array_foreach(problems, i, x)
	{
		found = found ||
			strcmp(json_string_value(json_object_get(x, "check")),
			       check) == 0;
	}
	if (!found)
		fail_msg("%s finds nothing after: %s", check, sql);
	json_decref(problems);
	fixture_exec("ROLLBACK TO planted");
	fixture_exec("RELEASE planted");
}

/* The counts as a text: as they are kept, or counted anew by a handle that
 * keeps none. */
static char *
counts_text(struct store *s)
{
	json_t *o = NULL;
	struct err e;
	char *text;

	if (list_counts(s, fx.desk.book, fx.agent_id, fx.now_ms, &o, &e) !=
	    OUT_OK)
		fail_msg("%s", e.text);
	text = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(o);
	return text;
}

void
fixture_counts(void)
{
	struct store *reader = NULL;
	struct err e;
	char *kept = counts_text(fx.store);
	char *anew;

	assert_int_equal(store_open(fx.dir, STORE_READ, &reader, &e), OUT_OK);
	assert_int_equal(store_read_begin(reader, &e), OUT_OK);
	anew = counts_text(reader);
	store_read_end(reader);
	store_close(&reader);
	assert_string_equal(kept, anew);
	free(kept);
	free(anew);
}

int
fixture_teardown(void **state)
{
	static const char *const files[] = { "postigo.db", "postigo.db-wal",
					     "postigo.db-shm", "postigo.lock" };
	char path[128];
	size_t i;

	(void)state;
	fixture_checks();
	if (!fx.foreign)
		fixture_counts();
	plans_are_bounded(fx.store);
	event_batch_drop(fx.store);
	store_close(&fx.store);
	desk_forget_old(&fx.desk);
	book_unref(&fx.desk.book);
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", fx.dir, files[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(fx.dir), 0);
	return 0;
}

/* --- calls ---------------------------------------------------------------- */

static struct call
fixture_run(method_fn *fn, struct request *rq)
{
	/* what the audit calls whatever is called here */
	static const struct method any = { .name = "fixture" };
	struct call c = { .outcome = OUT_OK };
	struct err e;

	rq->method = &any;
	rq->now_ms = fx.now_ms;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	c.outcome = fn(&fx.desk, fx.store, rq, &c.err);
	if (c.outcome == OUT_OK)
		assert_int_equal(store_release(fx.store, &e), OUT_OK);
	else
		assert_int_equal(store_undo(fx.store, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	event_batch_drop(fx.store);
	c.result = rq->result;
	c.error_data = rq->error_data;
	json_decref(rq->params);
	return c;
}

struct call
fixture_call(method_fn *fn, enum role role, int64_t agent_id, json_t *params)
{
	struct request rq = { .params = params,
			      .role = role,
			      .agent_id = agent_id };

	assert_non_null(params);
	return fixture_run(fn, &rq);
}

struct call
fixture_visit(method_fn *fn, int64_t visitor_id, json_t *params)
{
	struct request rq = { .params = params,
			      .role = ROLE_CHAT,
			      .visitor_id = visitor_id };

	assert_non_null(params);
	return fixture_run(fn, &rq);
}

struct call
fixture_call_blobs(method_fn *fn, enum role role, json_t *params,
		   struct request_blob *blobs, size_t n)
{
	struct request rq = {
		.params = params, .role = role, .blobs = blobs, .blob_count = n
	};

	return fixture_run(fn, &rq);
}

void
call_release(struct call *c)
{
	json_decref(c->result);
	json_decref(c->error_data);
	c->result = NULL;
	c->error_data = NULL;
}

int64_t
fixture_tick(void)
{
	struct err e;
	int64_t next = 0;

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	if (desk_tick(&fx.desk, fx.store, fx.now_ms, &next, &e) != OUT_OK)
		fail_msg("%s", e.text);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	event_batch_drop(fx.store);
	return next;
}

int64_t
fixture_int(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t v = 0;

	if (sqlite3_prepare_v2(sql_db(fx.store), sql, -1, &st, NULL) !=
	    SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(sql_db(fx.store)));
	if (sqlite3_step(st) == SQLITE_ROW)
		v = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return v;
}

const char *
fixture_text(const char *sql)
{
	static char out[2048];
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(sql_db(fx.store), sql, -1, &st, NULL) !=
	    SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(sql_db(fx.store)));
	out[0] = '\0';
	if (sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_type(st, 0) != SQLITE_NULL)
		(void)snprintf(out, sizeof out, "%s",
			       (const char *)sqlite3_column_text(st, 0));
	(void)sqlite3_finalize(st);
	return out;
}

static void
mail_list(json_t *p, const char *name, const char *value)
{
	json_t *list;

	if (value == NULL)
		return;
	list = json_array();
	(void)json_array_append_new(list, json_string(value));
	(void)json_object_set_new(p, name, list);
}

struct call
fixture_mail(const struct letter *m)
{
	struct request_blob raw = { .bytes = 0 };
	json_t *p = json_object();
	char digest[HASH_HEX];
	char at[32];
	char *octets = mem_printf("%s|%s|%s", m->id ? m->id : "",
				  m->from ? m->from : "", m->text);

	hash_hex(m->text, strlen(m->text), digest);
	hash_hex(octets, strlen(octets), raw.sha256);
	raw.bytes = (int64_t)strlen(octets);
	raw.data = (unsigned char *)octets;
	clock_iso_ms(m->at_ms != 0 ? m->at_ms : fx.now_ms, at);
	(void)json_object_set_new(p, "connection", json_string("demo"));
	(void)json_object_set_new(p, "digest", json_string(digest));
	(void)json_object_set_new(p, "received_at", json_string(at));
	(void)json_object_set_new(p, "channel", json_string("email"));
	(void)json_object_set_new(p, "text", json_string(m->text));
	(void)json_object_set_new(p, "raw",
				  json_pack("{s:s, s:I}", "sha256", raw.sha256,
					    "bytes", (json_int_t)raw.bytes));
	if (m->id != NULL)
		(void)json_object_set_new(p, "external_id", json_string(m->id));
	if (m->subject != NULL)
		(void)json_object_set_new(p, "subject",
					  json_string(m->subject));
	if (m->from != NULL)
		(void)json_object_set_new(
			p, "from", json_pack("{s:s}", "address", m->from));
	if (m->robot)
		(void)json_object_set_new(p, "robot", json_true());
	if (m->bounce != NULL)
		(void)json_object_set_new(p, "bounce",
					  json_loads(m->bounce, 0, NULL));
	if (m->forward != NULL)
		(void)json_object_set_new(p, "forward",
					  json_loads(m->forward, 0, NULL));
	mail_list(p, "recipients", m->to);
	mail_list(p, "in_reply_to", m->in_reply_to);
	mail_list(p, "references", m->references);
	{
		struct call c = fixture_call_blobs(m_contact_add, ROLE_MAIL, p,
						   &raw, 1);

		mem_free(octets);
		return c;
	}
}

int64_t
got_int(const struct call *c, const char *name)
{
	const json_t *j = json_object_get(c->result, name);

	if (c->outcome != OUT_OK)
		fail_msg("refused: %s", c->err.text);
	assert_true(json_is_integer(j));
	return json_integer_value(j);
}
