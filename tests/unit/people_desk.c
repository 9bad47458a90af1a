#include "tests/unit/people_desk.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/clocks.h"
#include "daemon/engine.h"
#include "daemon/people.h"
#include "daemon/settings.h"
#include "daemon/store/book.h"
#include "daemon/store/check.h"
#include "daemon/store/event.h"
#include "daemon/store/sql.h"
#include "rules/book.h"
#include "tests/unit/plans.h"

struct test_desk td;

const struct caller control = { .role = ROLE_CONTROL };
const struct caller console = { .role = ROLE_CONSOLE };

static struct settings settings;

/* --- what the engine does for handlers ------------------------------------- */

struct book *
desk_book(struct desk *d, int64_t *version_out)
{
	*version_out = d->book_version;
	return book_ref(d->book);
}

void
desk_end_sessions(struct desk *d, int64_t agent_id, const char *session,
		  const char *except)
{
	(void)d;
	td.ends++;
	td.ended_agent = agent_id;
	snprintf(td.ended_hash, sizeof(td.ended_hash), "%s",
		 session ? session : "");
	snprintf(td.ended_except, sizeof(td.ended_except), "%s",
		 except ? except : "");
}

/* Which clocks a book moves is tests/unit/test_promises.c's. */
enum outcome
clocks_apply(struct store *s, int64_t version, bool anew, int64_t now_ms,
	     struct err *e)
{
	(void)s;
	(void)version;
	(void)anew;
	(void)now_ms;
	(void)e;
	return OUT_OK;
}

const char *
engine_handle_open(struct request *rq, int64_t agent_id, enum staff staff,
		   const char *name, const char *session_hash,
		   int64_t expires_ms)
{
	(void)name;
	(void)rq;
	(void)agent_id;
	(void)staff;
	(void)expires_ms;
	snprintf(td.opened_hash, sizeof(td.opened_hash), "%s", session_hash);
	return "h1";
}

bool
engine_visitor_online(struct desk *d, int64_t visitor_id)
{
	(void)d;
	return visitor_id == td.online_visitor;
}

bool
engine_handle_close(struct request *rq, const char *handle,
		    char session_hash_out[65])
{
	(void)rq;
	if (strcmp(handle, "h1") != 0 || td.opened_hash[0] == '\0')
		return false;
	memcpy(session_hash_out, td.opened_hash, 65);
	return true;
}

void
engine_agent_role(struct desk *d, int64_t agent_id, enum staff staff)
{
	(void)d;
	(void)agent_id;
	(void)staff;
	td.roles++;
}

bool
engine_stopping(const struct desk *d)
{
	(void)d;
	return false;
}

bool
engine_asker_gone(const struct request *rq)
{
	(void)rq;
	return false;
}

void
engine_index_why(struct desk *d, char *out, size_t n)
{
	(void)d;
	(void)snprintf(out, n, "%s", "");
}

void
engine_index_damaged(struct desk *d)
{
	(void)d;
}

void
engine_index_look(struct desk *d)
{
	(void)d;
}

json_t *
engine_load(struct desk *d)
{
	(void)d;
	return NULL;
}

void
engine_space(struct desk *d, struct engine_space *out)
{
	(void)d;
	out->left = 0;
}

void
engine_peer_counts(struct desk *d, size_t counts_out[ROLE_COUNT])
{
	(void)d;
	memset(counts_out, 0, ROLE_COUNT * sizeof(counts_out[0]));
}

/* --- set-up --------------------------------------------------------------------- */

int
test_desk_setup(void **state)
{
	struct err e;
	char path[128];
	FILE *f;

	(void)state;
	hash_start();
	memset(&td, 0, sizeof(td));
	snprintf(td.dir, sizeof(td.dir), "/tmp/postigo-test-XXXXXX");
	assert_non_null(mkdtemp(td.dir));
	snprintf(path, sizeof(path), "%s/desk.key", td.dir);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(td.desk.key, 1, HASH_BYTES, f), HASH_BYTES);
	assert_int_equal(fclose(f), 0);
	td.now_ms = INT64_C(1767603600000);
	settings.data_dir = td.dir;
	td.desk.settings = &settings;
	pthread_mutex_init(&td.desk.book_lock, NULL);
	assert_int_equal(store_open(td.dir, STORE_WRITE, &td.store, &e),
			 OUT_OK);
	assert_int_equal(
		book_load(td.store, &td.desk.book, &td.desk.book_version, &e),
		OUT_OK);
	assert_int_equal(people_load(&td.desk, td.store, &e), OUT_OK);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

int
test_desk_teardown(void **state)
{
	json_t *problems = NULL;
	size_t checks = 0;
	struct err e;

	(void)state;
	assert_int_equal(store_check(td.store, &problems, &checks, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 0);
	assert_true(checks > 3);
	json_decref(problems);
	plans_are_bounded(td.store);
	people_free(&td.desk.people);
	book_unref(&td.desk.book);
	store_close(&td.store);
	pthread_mutex_destroy(&td.desk.book_lock);
	assert_int_equal(nftw(td.dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	return 0;
}

method_fn m_agent_away, m_agent_back, m_agent_prefer;
method_fn m_agent_add;
method_fn m_agent_link;
method_fn m_agent_list;
method_fn m_agent_password;
method_fn m_agent_update;
method_fn m_token_add;
method_fn m_token_remove;
method_fn m_session_close;
method_fn m_session_login;
method_fn m_session_open;
method_fn m_session_redeem;
method_fn m_book_apply;
method_fn m_book_check;
method_fn m_book_diff;
method_fn m_book_get;
method_fn m_desk_get;
method_fn m_desk_set;
method_fn m_connection_add;
method_fn m_connection_list;
method_fn m_connection_mine;
method_fn m_connection_remove;
method_fn m_connection_report;
method_fn m_connection_test;
method_fn m_connection_update;
method_fn m_status_get;
method_fn m_store_backup;
method_fn m_store_check;
method_fn m_incident_list;
method_fn m_incident_counts;
method_fn m_incident_search;
method_fn m_incident_get;
method_fn m_customer_find;
method_fn m_events_since;
method_fn m_message_list;
prepare_fn p_agent_add;
prepare_fn p_agent_password;
prepare_fn p_book_apply;
prepare_fn p_session_login;
prepare_fn p_store_backup;
prepare_fn p_store_check;

/* What is tested here; the generated table would bring the whole daemon. */
static const struct {
	const char *name;
	method_fn *run;
	prepare_fn *prepare;
} handlers[] = {
	{ "agent.add", m_agent_add, p_agent_add },
	{ "agent.away", m_agent_away, NULL },
	{ "agent.back", m_agent_back, NULL },
	{ "agent.link", m_agent_link, NULL },
	{ "agent.list", m_agent_list, NULL },
	{ "agent.password", m_agent_password, p_agent_password },
	{ "agent.prefer", m_agent_prefer, NULL },
	{ "agent.update", m_agent_update, NULL },
	{ "token.add", m_token_add, NULL },
	{ "token.remove", m_token_remove, NULL },
	{ "session.close", m_session_close, NULL },
	{ "session.login", m_session_login, p_session_login },
	{ "session.open", m_session_open, NULL },
	{ "session.redeem", m_session_redeem, NULL },
	{ "book.apply", m_book_apply, p_book_apply },
	{ "book.check", m_book_check, NULL },
	{ "book.diff", m_book_diff, NULL },
	{ "book.get", m_book_get, NULL },
	{ "desk.get", m_desk_get, NULL },
	{ "desk.set", m_desk_set, NULL },
	{ "connection.add", m_connection_add, NULL },
	{ "connection.list", m_connection_list, NULL },
	{ "connection.mine", m_connection_mine, NULL },
	{ "connection.remove", m_connection_remove, NULL },
	{ "connection.report", m_connection_report, NULL },
	{ "connection.test", m_connection_test, NULL },
	{ "connection.update", m_connection_update, NULL },
	{ "status.get", m_status_get, NULL },
	{ "store.backup", m_store_backup, p_store_backup },
	{ "store.check", m_store_check, p_store_check },
	{ "incident.list", m_incident_list, NULL },
	{ "incident.counts", m_incident_counts, NULL },
	{ "incident.search", m_incident_search, NULL },
	{ "incident.get", m_incident_get, NULL },
	{ "customer.find", m_customer_find, NULL },
	{ "events.since", m_events_since, NULL },
	{ "message.list", m_message_list, NULL },
};

/* --- asking ------------------------------------------------------------------------ */

static void
settle(struct request *rq)
{
	struct err e;

	if (rq->outcome == OUT_OK || rq->keep)
		assert_int_equal(store_release(td.store, &e), OUT_OK);
	else
		assert_int_equal(store_undo(td.store, &e), OUT_OK);
	assert_int_equal(store_commit(td.store, &e), OUT_OK);
	event_batch_drop(td.store);
	if (td.desk.next_book == NULL)
		return;
	book_unref(&td.desk.book);
	td.desk.book = td.desk.next_book;
	td.desk.book_version = td.desk.next_version;
	td.desk.next_book = NULL;
}

struct answer
ask(const struct caller *c, const char *method, json_t *params)
{
	struct request rq = { .method = method_find(method),
			      .params = params,
			      .role = c->role,
			      .agent_id = c->agent_id,
			      .staff = c->staff,
			      .session = c->session,
			      .now_ms = td.now_ms };
	struct answer a;
	struct err e;
	size_t h = 0;

	assert_non_null(rq.method);
	while (strcmp(handlers[h].name, method) != 0)
		assert_true(++h < sizeof(handlers) / sizeof(handlers[0]));
	rq.outcome = method_check(rq.method, params, &rq.err);
	if (rq.outcome == OUT_OK && handlers[h].prepare != NULL)
		rq.outcome = handlers[h].prepare(&td.desk, &rq, &rq.err);
	if (rq.outcome == OUT_OK) {
		assert_int_equal(store_begin(td.store, &e), OUT_OK);
		assert_int_equal(store_save(td.store, &e), OUT_OK);
		rq.outcome = handlers[h].run(&td.desk, td.store, &rq, &rq.err);
		settle(&rq);
	}
	if (rq.outcome != OUT_OK) {
		json_decref(rq.result);
		rq.result = NULL;
	}
	mem_free(rq.prepared);
	book_unref(&rq.book);
	json_decref(params);
	a = (struct answer){ rq.outcome, rq.err, rq.result, rq.error_data,
			     rq.retry_after_ms };
	return a;
}

void
answer_release(struct answer *a)
{
	json_decref(a->result);
	json_decref(a->data);
	memset(a, 0, sizeof(*a));
}

void
refused(struct answer a, const char *code)
{
	assert_int_not_equal(a.outcome, OUT_OK);
	assert_string_equal(a.err.code, code);
	answer_release(&a);
}

void
done(const struct caller *c, const char *method, json_t *params)
{
	struct answer a = ask(c, method, params);

	if (a.outcome != OUT_OK)
		fail_msg("%s: %s", method, a.err.text);
	answer_release(&a);
}

int64_t
add_agent(const char *email, const char *role, const char *password)
{
	struct answer a =
		ask(&control, "agent.add",
		    json_pack("{s:s, s:s, s:s, s:s}", "email", email, "name",
			      email, "role", role, "password", password));
	int64_t id;

	assert_int_equal(a.outcome, OUT_OK);
	id = json_integer_value(
		json_object_get(json_object_get(a.result, "agent"), "id"));
	answer_release(&a);
	return id;
}

int64_t
number_of(const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	assert_int_equal(
		sqlite3_prepare_v2(sql_db(td.store), sql, -1, &st, NULL),
		SQLITE_OK);
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

void
run_sql(const char *sql)
{
	struct err e = { .text = "" };

	if (sql_script(td.store, sql, "run a test's SQL", &e) != OUT_OK)
		fail_msg("%s", e.text);
}
