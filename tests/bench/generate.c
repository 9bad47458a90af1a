/*
 * generate: a sound store of any size, made by the daemon's own handlers on
 * a clock that runs through years in minutes: mails and calls come in, are
 * claimed, answered, delivered, noted, promised, breached, solved.
 *
 *   generate [options] DIR      DIR: a folder without a store; made if absent
 *     --incidents N             default 20000
 *     --messages N              default 5 N; about as many are made
 *     --days N                  over how long they came; default 1095
 *     --seed N                  default 1; the same seed, the same store
 *     --until MS                the last instant; default: now
 *     --bytes N                 of a text in the mean; default: some 300
 *
 * Prints one JSON line: incidents, messages, events, customers, seconds.
 */

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/outbox.h"
#include "daemon/request.h"
#include "daemon/store/book.h"
#include "daemon/store/delivery.h"
#include "daemon/store/event.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"
#include "daemon/token.h"
#include "rules/book.h"
#include "tests/bench/bench.h"
#include "tests/bench/words.h"

#define AGENTS 12
#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)
#define TICK_MS (10 * 60 * 1000)
#define EVENTS_A_COMMIT 40000 /* below EVENT_BATCH_MAX */
#define LONG_MESSAGES 400     /* of the few that never end */

method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_incident_assign;
method_fn m_incident_create;
method_fn m_incident_note;
method_fn m_incident_set;

/* What happens to an incident next. */
enum step {
	STEP_CLAIM,
	STEP_NOTE,
	STEP_ANSWER,
	STEP_REPLY,
	STEP_SOLVE,
	STEP_CLOSE,
	STEP_LEAVE /* it stays as it is */
};

/* An incident that is not at its end. */
struct life {
	int64_t at_ms;
	int64_t incident;
	int64_t agent;
	uint64_t person;
	int64_t number; /* messages that it has */
	int64_t total;  /* messages that it will have */
	enum step step;
	unsigned topic;
	bool by_mail;
	bool stays; /* it is left open somewhere on the way */
};

struct gen {
	struct desk desk;
	struct store *store;
	struct dice dice;
	long incidents;
	long messages;
	long days;
	uint64_t seed;
	int64_t bytes; /* of a text; 0: as people write */
	int64_t until_ms;
	int64_t begin_ms;

	int64_t now_ms; /* never goes back */
	int64_t tick_ms;
	long made;
	long written;
	uint64_t people;
	struct life *heap;
	size_t live;
	size_t room;
	struct buf text;
	struct buf subject;
	struct buf raw;
};

/* --- calls ---------------------------------------------------------------- */

static void
must(enum outcome o, const struct err *e, const char *what)
{
	if (o != OUT_OK)
		bench_die("%s: %s", what, e->text);
}

/* Run a handler; params are taken. Returns its result, to be released. */
static json_t *
call(struct gen *g, const char *what, method_fn *fn, struct request *rq)
{
	struct err e = { .text = "" };

	rq->now_ms = g->now_ms;
	must(store_begin(g->store, &e), &e, "begin");
	must(fn(&g->desk, g->store, rq, &e), &e, what);
	json_decref(rq->params);
	return rq->result;
}

/* A call of an agent whose result does not matter. */
static void
agent_call(struct gen *g, const char *what, method_fn *fn, int64_t agent,
	   json_t *params)
{
	struct request rq = { .params = params,
			      .role = ROLE_CONTROL,
			      .agent_id = agent };

	json_decref(call(g, what, fn, &rq));
}

static int64_t
at(const json_t *o, const char *member)
{
	return json_integer_value(json_object_get(o, member));
}

/* --- the heap of what happens next ----------------------------------------- */

static void
heap_swap(struct life *a, struct life *b)
{
	struct life t = *a;

	*a = *b;
	*b = t;
}

static void
heap_put(struct gen *g, const struct life *l)
{
	size_t i = g->live;

	if (g->live == g->room) {
		g->room = g->room != 0 ? g->room * 2 : 1024;
		g->heap = mem_resize(g->heap, g->room, sizeof *g->heap);
	}
	g->heap[g->live++] = *l;
	for (; i > 0 && g->heap[i].at_ms < g->heap[(i - 1) / 2].at_ms;
	     i = (i - 1) / 2)
		heap_swap(&g->heap[i], &g->heap[(i - 1) / 2]);
}

static struct life
heap_take(struct gen *g)
{
	struct life first = g->heap[0];
	size_t i = 0;

	g->heap[0] = g->heap[--g->live];
	for (;;) {
		size_t c = 2 * i + 1;

		if (c >= g->live)
			break;
		if (c + 1 < g->live && g->heap[c + 1].at_ms < g->heap[c].at_ms)
			c++;
		if (g->heap[i].at_ms <= g->heap[c].at_ms)
			break;
		heap_swap(&g->heap[i], &g->heap[c]);
		i = c;
	}
	return first;
}

/* Some time around a mean, as waits are. */
static int64_t
wait_ms(struct gen *g, int64_t mean_ms)
{
	double u = dice_share(&g->dice);

	return 1000 + (int64_t)(-log(1.0 - u) * (double)mean_ms);
}

/* The next step of an incident after some time. */
static void
later(struct gen *g, struct life *l, enum step step, int64_t mean_ms)
{
	if (l->stays && dice_once_in(&g->dice, 3))
		step = STEP_LEAVE;
	l->step = step;
	l->at_ms = g->now_ms + wait_ms(g, mean_ms);
	heap_put(g, l);
}

static size_t
text_bytes(struct gen *g)
{
	int64_t n;

	if (g->bytes > 0)
		return (size_t)((double)g->bytes *
				(0.5 + dice_share(&g->dice)));
	n = wait_ms(g, 180) - 1000;
	return 60 + (size_t)(n < 4000 ? n : 4000);
}

/* --- contacts ------------------------------------------------------------- */

/* The octets of a mail, and its digests in the parameters. */
static void
contact_raw(struct gen *g, json_t *p, const char *address, const char *name,
	    struct request_blob *raw)
{
	char id[80];
	char digest[HASH_HEX];

	(void)snprintf(id, sizeof id, "<%llx.%ld@correo.example>",
		       (unsigned long long)g->seed, g->written);
	buf_clear(&g->raw);
	(void)buf_printf(&g->raw,
			 "Message-ID: %s\r\nFrom: %s <%s>\r\n"
			 "To: ayuda@tienda.example\r\nSubject: %s\r\n\r\n%s",
			 id, name, address, buf_str(&g->subject),
			 buf_str(&g->text));
	hash_hex(g->text.data, g->text.len, digest);
	hash_hex(g->raw.data, g->raw.len, raw->sha256);
	raw->bytes = (int64_t)g->raw.len;
	raw->data = (unsigned char *)g->raw.data;
	(void)json_object_set_new(p, "external_id", json_string(id));
	(void)json_object_set_new(p, "digest", json_string(digest));
	(void)json_object_set_new(p, "raw",
				  json_pack("{s:s, s:I}", "sha256", raw->sha256,
					    "bytes", (json_int_t)raw->bytes));
}

static void
contact(struct gen *g, struct life *l, const char *channel)
{
	char name[WORDS_NAME_MAX];
	char address[WORDS_ADDRESS_MAX];
	char received[32];
	char token[TOKEN_MAX];
	struct request_blob raw = { .bytes = 0 };
	struct request rq = { .role = ROLE_MAIL,
			      .blobs = &raw,
			      .blob_count = 1 };
	json_t *p;
	json_t *r;

	words_name(l->person, name);
	words_address(l->person, address);
	clock_iso_ms(g->now_ms - 2000, received);
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "connection",
		      "correo", "channel", channel, "received_at", received,
		      "subject", buf_str(&g->subject), "text",
		      buf_str(&g->text), "from", "name", name, "address",
		      address);
	contact_raw(g, p, address, name, &raw);
	if (l->incident != 0) {
		token_make(g->desk.key, l->incident, l->number, token);
		(void)json_object_set_new(
			p, "in_reply_to",
			json_pack("[o]",
				  json_sprintf("<%s@tienda.example>", token)));
	}
	rq.params = p;
	r = call(g, "contact.add", m_contact_add, &rq);
	l->incident = at(r, "incident");
	l->number = at(r, "number");
	json_decref(r);
}

/* A call that an agent notes by hand. */
static void
phone(struct gen *g, struct life *l)
{
	char name[WORDS_NAME_MAX];
	struct request rq = { .role = ROLE_CONTROL, .agent_id = l->agent };
	json_t *r;

	words_name(l->person, name);
	rq.params = json_pack(
		"{s:s, s:s, s:s, s:o, s:s, s:s}", "channel", "phone",
		"direction", "in", "name", name, "address",
		json_sprintf("+346%08llu", (unsigned long long)l->person),
		"subject", buf_str(&g->subject), "text", buf_str(&g->text));
	r = call(g, "incident.create", m_incident_create, &rq);
	l->incident = at(json_object_get(r, "incident"), "id");
	l->number = 1;
	json_decref(r);
}

/* How many messages an incident will have. */
static int64_t
life_total(struct gen *g)
{
	double mean = (double)g->messages / (double)g->incidents - 1.0;
	double n = -log(1.0 - dice_share(&g->dice)) * (mean + 0.1);

	if (dice_once_in(&g->dice, 20000))
		return LONG_MESSAGES;
	return 1 + (int64_t)(n + 0.5);
}

static void
set(struct gen *g, const struct life *l, const char *member, json_t *value)
{
	agent_call(g, "incident.set", m_incident_set, l->agent,
		   json_pack("{s:I, s:o}", "id", (json_int_t)l->incident,
			     member, value));
}

static void
begin_incident(struct gen *g)
{
	static const char *const channels[] = { "email", "email",   "email",
						"email", "email",   "email",
						"form",  "whatsapp" };
	double share = dice_share(&g->dice);
	struct life l = { .agent = 1 + (int64_t)dice_below(&g->dice, AGENTS),
			  .topic = (unsigned)dice_below(&g->dice, WORDS_TOPICS),
			  .by_mail = !dice_once_in(&g->dice, 16),
			  .total = life_total(g) };

	/* some write often, most once or twice */
	l.person = 1 + (uint64_t)(share * share * (double)g->people);
	buf_clear(&g->text);
	buf_clear(&g->subject);
	words_subject(&g->dice, l.topic, &g->subject);
	words_contact(&g->dice, l.topic, text_bytes(g), &g->text);
	if (l.by_mail)
		contact(g, &l, channels[dice_below(&g->dice, 8)]);
	else
		phone(g, &l);
	g->made++;
	g->written++;
	/* what stays open came lately */
	l.stays = g->made > g->incidents - g->incidents / 16 &&
		  dice_once_in(&g->dice, 3);
	if (dice_once_in(&g->dice, 30)) {
		set(g, &l, "state", json_string("spam"));
		return;
	}
	if (dice_once_in(&g->dice, 500))
		set(g, &l, "add_tags",
		    json_pack("[o]",
			      json_sprintf("raro-%d",
					   (int)dice_below(&g->dice, 50))));
	if (l.total <= 1)
		later(g, &l, STEP_SOLVE, 8 * HOUR_MS);
	else
		later(g, &l,
		      dice_once_in(&g->dice, 2) ? STEP_CLAIM : STEP_ANSWER,
		      2 * HOUR_MS);
}

/* --- steps ---------------------------------------------------------------- */

/* Did it arrive? */
static bool
deliver(struct gen *g, int64_t id)
{
	bool sent = !dice_once_in(&g->dice, 5000);
	struct delivery dl;
	struct err e = { .text = "" };
	const char *state;

	g->now_ms += 1500;
	must(delivery_take(g->store, id, g->now_ms + 60000, &e), &e, "take");
	g->now_ms += 400;
	must(delivery_load(g->store, id, NULL, &dl, &e), &e, "delivery");
	must(outbox_end(&g->desk, g->store, &dl,
			sent ? OUTBOX_SENT : OUTBOX_FAILED, "250 2.0.0 ok",
			g->now_ms, &state, &e),
	     &e, "report");
	delivery_release(&dl);
	return sent;
}

static void
answer(struct gen *g, struct life *l)
{
	bool last = l->number + 1 >= l->total;
	struct request rq = { .role = ROLE_CONTROL, .agent_id = l->agent };
	const json_t *delivery;
	bool sent;
	json_t *r;

	buf_clear(&g->text);
	words_answer(&g->dice, text_bytes(g), &g->text);
	rq.params = json_pack("{s:I, s:s, s:I, s:s}", "id",
			      (json_int_t)l->incident, "text",
			      buf_str(&g->text), "seen", (json_int_t)l->number,
			      "state", last ? "solved" : "pending_customer");
	r = call(g, "incident.answer", m_incident_answer, &rq);
	l->number++;
	g->written++;
	delivery = json_object_get(json_object_get(r, "message"), "delivery");
	sent = !json_is_object(delivery) || deliver(g, at(delivery, "id"));
	json_decref(r);
	if (!sent)
		later(g, l, STEP_ANSWER, HOUR_MS); /* it is open again */
	else if (!last)
		later(g, l, l->by_mail ? STEP_REPLY : STEP_NOTE, 18 * HOUR_MS);
	else if (dice_once_in(&g->dice, 12))
		later(g, l, STEP_CLOSE, 7 * DAY_MS);
}

static void
reply(struct gen *g, struct life *l)
{
	buf_clear(&g->text);
	buf_clear(&g->subject);
	(void)buf_printf(&g->subject, "Re: ");
	words_subject(&g->dice, l->topic, &g->subject);
	words_answer(&g->dice, text_bytes(g), &g->text);
	contact(g, l, "email");
	g->written++;
	if (l->number >= l->total)
		later(g, l, STEP_SOLVE, 6 * HOUR_MS);
	else
		later(g, l, dice_once_in(&g->dice, 6) ? STEP_NOTE : STEP_ANSWER,
		      3 * HOUR_MS);
}

static void
note(struct gen *g, struct life *l)
{
	buf_clear(&g->text);
	words_answer(&g->dice, text_bytes(g) / 2, &g->text);
	agent_call(g, "incident.note", m_incident_note, l->agent,
		   json_pack("{s:I, s:s}", "id", (json_int_t)l->incident,
			     "text", buf_str(&g->text)));
	l->number++;
	g->written++;
	if (l->number >= l->total)
		later(g, l, STEP_SOLVE, HOUR_MS);
	else
		later(g, l, STEP_ANSWER, HOUR_MS);
}

/* Left open: as it is, or set aside. */
static void
leave(struct gen *g, struct life *l)
{
	uint64_t how = dice_below(&g->dice, 8);

	if (how < 2)
		set(g, l, "state",
		    json_string(how == 0 ? "on_hold" : "snoozed"));
}

static void
run_step(struct gen *g, struct life *l)
{
	switch (l->step) {
	case STEP_CLAIM:
		agent_call(g, "incident.assign", m_incident_assign, l->agent,
			   json_pack("{s:I, s:I}", "id",
				     (json_int_t)l->incident, "agent",
				     (json_int_t)l->agent));
		later(g, l, STEP_ANSWER, 2 * HOUR_MS);
		break;
	case STEP_NOTE:
		note(g, l);
		break;
	case STEP_ANSWER:
		answer(g, l);
		break;
	case STEP_REPLY:
		reply(g, l);
		break;
	case STEP_SOLVE:
		set(g, l, "state", json_string("solved"));
		break;
	case STEP_CLOSE:
		set(g, l, "state", json_string("closed"));
		break;
	case STEP_LEAVE:
		leave(g, l);
		break;
	}
}

/* --- the store ------------------------------------------------------------ */

static void
run_sql(struct gen *g, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(sql_db(g->store), sql, NULL, NULL, &why) != SQLITE_OK)
		bench_die("%s: %s", sql, why);
}

static int64_t
number_of(struct gen *g, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(sql_db(g->store), sql, -1, &st, NULL) !=
	    SQLITE_OK)
		bench_die("%s: %s", sql, sqlite3_errmsg(sql_db(g->store)));
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	return n;
}

static void
make_key(struct gen *g, const char *dir)
{
	char *path = mem_printf("%s/desk.key", dir);
	FILE *f = fopen(path, "wx");
	struct dice d;
	size_t i;

	dice_begin(&d, g->seed);
	for (i = 0; i < sizeof g->desk.key; i++)
		g->desk.key[i] = (unsigned char)dice_below(&d, 256);
	if (f == NULL || fchmod(fileno(f), 0600) != 0 ||
	    fwrite(g->desk.key, sizeof g->desk.key, 1, f) != 1 ||
	    fclose(f) != 0)
		bench_die("cannot make '%s': %s", path, strerror(errno));
	mem_free(path);
}

/* Where answers of the connections go if the desk is started. */
static void
make_outbox(const char *dir)
{
	static const char *const parts[] = { "", "/tmp", "/new", "/cur" };
	size_t i;

	for (i = 0; i < 4; i++) {
		char *path = mem_printf("%s/outbox%s", dir, parts[i]);

		if (mkdir(path, 0700) != 0)
			bench_die("cannot make '%s': %s", path,
				  strerror(errno));
		mem_free(path);
	}
}

static void
make_rows(struct gen *g, const char *dir)
{
	char *sql = sqlite3_mprintf(
		"UPDATE desk SET name = 'Tienda Olmo';"
		"INSERT INTO agent (id, email, name, role, password,"
		" created_ms) VALUES (1, 'laura@tienda.example',"
		" 'Laura Martín', 'admin', '-', %lld);"
		"WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1"
		" FROM n WHERE i < %d) INSERT INTO agent (id, email, name,"
		" role, password, created_ms) SELECT i,"
		" 'agente' || i || '@tienda.example', 'Agente ' || i,"
		" 'agent', '-', %lld FROM n;"
		"INSERT INTO connection (name, kind, role, settings,"
		" created_ms) SELECT value, 'pipe', 'mail', json_object("
		"'address', 'ayuda@tienda.example', 'from_name', 'Tienda',"
		" 'out', %Q || '/outbox'), %lld"
		" FROM json_each('[\"correo\", \"bus\"]');",
		(long long)g->begin_ms, AGENTS, (long long)g->begin_ms, dir,
		(long long)g->begin_ms);

	run_sql(g, sql);
	sqlite3_free(sql);
}

static void
open_store(struct gen *g, const char *dir)
{
	struct err e = { .text = "" };
	struct stat st;
	char hash[HASH_HEX];
	char *path = mem_printf("%s/postigo.db", dir);

	if (mkdir(dir, 0700) != 0 && errno != EEXIST)
		bench_die("cannot make '%s': %s", dir, strerror(errno));
	if (stat(path, &st) == 0)
		bench_die("'%s' is there already", path);
	mem_free(path);
	make_key(g, dir);
	make_outbox(dir);
	must(store_open(dir, STORE_WRITE, &g->store, &e), &e, "open");
	/* nobody else has it, and a run that fails is begun anew */
	run_sql(g, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
		   "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;"
		   "PRAGMA cache_size = -2000000");
	must(book_load(g->store, &g->desk.book, &g->desk.book_version, &e), &e,
	     "book");
	book_unref(&g->desk.book);
	must(store_begin(g->store, &e), &e, "begin");
	make_rows(g, dir);
	must(book_insert(g->store, words_book(), strlen(words_book()), 1, "",
			 g->begin_ms, &g->desk.book_version, hash, &e),
	     &e, "book");
	must(store_commit(g->store, &e), &e, "commit");
	must(book_at_version(g->store, g->desk.book_version, &g->desk.book, &e),
	     &e, "book");
}

static void
commit(struct gen *g)
{
	struct err e = { .text = "" };

	must(store_commit(g->store, &e), &e, "commit");
	event_batch_drop(g->store);
}

static void
tick(struct gen *g)
{
	struct err e = { .text = "" };
	bool more = true;

	must(store_begin(g->store, &e), &e, "begin");
	while (more)
		must(clocks_tick(&g->desk, g->store, g->now_ms, 256, &more, &e),
		     &e, "clocks");
	g->tick_ms = g->now_ms + TICK_MS;
}

/* Everything until the last instant, in the order of time. */
static void
live(struct gen *g)
{
	int64_t step_ms = (g->until_ms - g->begin_ms) / g->incidents;
	int64_t next_ms = g->begin_ms;
	int64_t number = 0;

	for (;;) {
		bool new = g->made < g->incidents &&
			   (g->live == 0 || next_ms <= g->heap[0].at_ms);
		int64_t then;

		if (!new && g->live == 0)
			break;
		then = new ? next_ms : g->heap[0].at_ms;
		if (then > g->until_ms)
			break;
		if (then > g->now_ms)
			g->now_ms = then;
		if (g->now_ms >= g->tick_ms)
			tick(g);
		if (new) {
			next_ms += step_ms;
			begin_incident(g);
		} else {
			struct life l = heap_take(g);

			run_step(g, &l);
		}
		if (store_number(g->store) - number > EVENTS_A_COMMIT) {
			commit(g);
			number = store_number(g->store);
		}
	}
	tick(g);
	commit(g);
}

static void
options(struct gen *g, int argc, char **argv)
{
	static const struct option all[] = {
		{ "incidents", required_argument, NULL, 'i' },
		{ "messages", required_argument, NULL, 'm' },
		{ "days", required_argument, NULL, 'd' },
		{ "seed", required_argument, NULL, 's' },
		{ "bytes", required_argument, NULL, 'b' },
		{ "until", required_argument, NULL, 'u' },
		{ NULL, 0, NULL, 0 }
	};
	int c;

	g->incidents = 20000;
	g->days = 1095;
	g->seed = 1;
	g->until_ms = clock_now_ms();
	while ((c = getopt_long(argc, argv, "", all, NULL)) != -1) {
		if (c == 'i')
			g->incidents = bench_number("--incidents", optarg, 1,
						    100000000);
		else if (c == 'm')
			g->messages = bench_number("--messages", optarg, 1,
						   1000000000);
		else if (c == 'd')
			g->days = bench_number("--days", optarg, 1, 36500);
		else if (c == 's')
			g->seed = (uint64_t)bench_number("--seed", optarg, 0,
							 1000000000);
		else if (c == 'b')
			g->bytes = bench_number("--bytes", optarg, 100, 60000);
		else if (c == 'u')
			g->until_ms = bench_number("--until", optarg, 1,
						   INT64_C(4102444800000));
		else
			exit(2);
	}
	if (optind + 1 != argc)
		bench_die("usage: generate [--incidents N] [--messages N] "
			  "[--days N] [--seed N] [--until MS] [--bytes N] DIR");
	if (g->messages == 0)
		g->messages = 5 * g->incidents;
	g->begin_ms = g->until_ms - g->days * DAY_MS;
	g->now_ms = g->begin_ms;
	g->people = (uint64_t)g->incidents / 2 + 1;
	g->desk.started_ms = g->begin_ms;
}

int
main(int argc, char **argv)
{
	static struct gen g;
	double start = bench_us();

	hash_start();
	options(&g, argc, argv);
	dice_begin(&g.dice, g.seed);
	buf_init(&g.text, 65536);
	buf_init(&g.subject, 1000);
	buf_init(&g.raw, 100000);
	open_store(&g, argv[optind]);
	live(&g);
	run_sql(&g, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
	printf("{\"incidents\":%lld,\"messages\":%lld,\"events\":%lld,"
	       "\"customers\":%lld,\"active\":%lld,\"seconds\":%.1f}\n",
	       (long long)g.made, (long long)g.written,
	       (long long)store_number(g.store),
	       (long long)number_of(&g, "SELECT count(*) FROM customer"),
	       (long long)number_of(&g, "SELECT count(*) FROM incident "
					"WHERE active = 1"),
	       (bench_us() - start) / 1e6);
	store_close(&g.store);
	book_unref(&g.desk.book);
	mem_free(g.heap);
	buf_release(&g.text);
	buf_release(&g.subject);
	buf_release(&g.raw);
	return 0;
}
