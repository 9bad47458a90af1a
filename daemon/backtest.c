#include "daemon/backtest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/replay.h"
#include "daemon/side.h"
#include "daemon/store/past.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"
#include "rules/book.h"

#define THREADS 2
#define CHUNK 1024    /* messages that a thread takes at once */
#define STEP_ROWS 128 /* of one read transaction */
#define STEP_MS 20    /* that one may take, and one message */
#define LOOK_MS 100   /* between two looks at the log */
#define LOG_GROWS (4 * 1024 * 1024)
#define REST_MS 10       /* no thread reads: the log may begin anew */
#define CHANGES_MAX 5000 /* different ones that are counted */
#define SUBJECT_BYTES 200
#define RULES_BYTES_MAX (300 * 1024) /* of the rules in the result */
#define ROWS_BYTES_MAX (400 * 1024)  /* of its rows */
#define SEPARATOR "\x1f"

/* What one thread found. */
struct part {
	struct shared *of;
	struct store *store;
	struct past_reader *reader;
	struct replay replay;
	char agent[PAST_EMAIL_BYTES]; /* that the facts point to */
	struct rule_result result;
	struct rule_result applied; /* its texts are in was */
	struct side was;
	struct side would;
	int64_t step_end_ms; /* tick */

	int64_t contacts;
	int64_t matched;
	int64_t differ;
	int64_t undecided;
	int64_t *now;    /* by rule of the tested book */
	int64_t *before; /* the same */
	json_t *gone;    /* rules that only fired then: name to number */
	json_t *changes; /* kind, from, to with separators: to number */
	json_t *rows;    /* TestRows, newest first */
	bool begun;
	bool short_of; /* memory */
	enum outcome outcome;
	struct err err;
};

struct shared {
	const struct backtest *t;
	json_t *index; /* rule of the tested book: its place; read only */
	bool later;    /* are later messages of an incident asked about? */
	bool headers;  /* are headers of a mail? */
	int64_t end_ms;

	pthread_mutex_t lock;
	pthread_cond_t rested;
	int64_t look_ms;   /* tick of the next look at the log */
	int64_t log_bytes; /* of its file, when all rested last */
	size_t running;    /* threads */
	size_t resting;    /* of them, those that wait for the others */
	uint64_t rests;
	int64_t first;
	int64_t next; /* messages below it are not taken yet */
	bool over;    /* a thread failed */
};

/* --- one message ----------------------------------------------------------------- */

static void
add_one(json_t *counts, const char *key, size_t max)
{
	json_t *have = json_object_get(counts, key);

	if (have != NULL)
		(void)json_integer_set(have, json_integer_value(have) + 1);
	else if (json_object_size(counts) < max)
		(void)json_object_set_new(counts, key, json_integer(1));
}

static void
count_before(struct part *p, const char *rule)
{
	const json_t *at = json_object_get(p->of->index, rule);

	if (at != NULL)
		p->before[json_integer_value(at)]++;
	else
		add_one(p->gone, rule, CHANGES_MAX);
}

/* What was decided then, and which rules fired. created and noted are what
 * the events say; where nothing says it, the applied book is asked. */
static void
then(struct part *p, const struct past *m, const json_t *created,
     const json_t *noted)
{
	const struct book *applied = p->of->t->applied;
	const json_t *x;
	size_t i;

	if (noted == NULL && created == NULL && m->number == 1) {
		rule_run(applied, &p->replay.facts, &p->applied);
		side_of_run(applied, m, &p->applied, &p->was);
		for (i = 0; i < p->applied.fired_count; i++)
			count_before(p,
				     book_rule_at(applied, p->applied.fired[i])
					     ->name);
		return;
	}
	side_of_events(created, noted, &p->was);
	json_array_foreach(json_object_get(noted, "rules"), i, x)
	{
		const char *rule =
			json_string_value(json_object_get(x, "rule"));

		if (rule != NULL)
			count_before(p, rule);
	}
}

static void
note_change(void *arg, const char *kind, const char *from, const char *to)
{
	struct part *p = arg;
	char *key =
		mem_printf("%s" SEPARATOR "%s" SEPARATOR "%s", kind, from, to);

	add_one(p->changes, key, CHANGES_MAX);
	mem_free(key);
}

static json_t *
fired_names(const struct part *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->result.fired_count; i++)
		(void)json_array_append_new(
			list, json_string(book_rule_at(p->of->t->book,
						       p->result.fired[i])
						  ->name));
	return list;
}

static void
add_row(struct part *p, const struct past *m)
{
	const char *subject = m->subject != NULL ? m->subject : m->text;
	json_t *o = json_object();
	char *ref = mem_printf("P-%lld", (long long)m->incident_id);

	row_set(o, "incident", json_integer(m->incident_id));
	row_set(o, "ref", json_string(ref));
	row_set(o, "message", json_integer(m->id));
	row_set(o, "at", row_iso(m->received_ms));
	row_set(o, "subject",
		json_stringn(subject, utf8_cut(subject, strlen(subject),
					       SUBJECT_BYTES)));
	row_set(o, "was", side_json(&p->was));
	row_set(o, "would", side_json(&p->would));
	row_set(o, "rules", fired_names(p));
	(void)json_array_append_new(p->rows, o);
	mem_free(ref);
}

/* A person who noted a call may have chosen the queue, which its event does
 * not tell: then it is not compared. */
static void
by_hand(struct part *p, const json_t *noted)
{
	const json_t *by = json_object_get(noted, "by");

	if (json_object_get(by, "queue") == NULL)
		p->would.base[SIDE_QUEUE] = p->was.base[SIDE_QUEUE];
}

/* The facts. Gives the headers that they borrow from. A page that cannot be
 * read is met again by the next step. */
static json_t *
prepare(struct part *p, const struct past *m, const json_t *facts)
{
	int64_t assignee = replay_assignee(facts);
	json_t *headers = NULL;
	struct err e;

	replay_facts(m, NULL, facts, &p->replay);
	if (p->of->headers &&
	    past_headers(p->store, m->id, &headers, &e) != OUT_OK)
		headers = NULL;
	replay_headers(&p->replay, headers);
	if (assignee != 0 &&
	    past_agent(p->store, assignee, p->agent, &e) == OUT_OK &&
	    p->agent[0] != '\0')
		p->replay.facts.text[RULE_FIELD_ASSIGNEE] = p->agent;
	return headers;
}

static bool
judge(void *arg, const struct past *m)
{
	struct part *p = arg;
	const struct backtest *t = p->of->t;
	json_t *created =
		m->created != NULL ? json_loads(m->created, 0, NULL) : NULL;
	json_t *noted = m->classified != NULL
				? json_loads(m->classified, 0, NULL)
				: NULL;
	json_t *headers;

	/* what Postigo wrote was no event */
	if (m->number > 1 && strcmp(m->author, "bot") == 0) {
		json_decref(created);
		json_decref(noted);
		return clock_tick_ms() < p->step_end_ms;
	}
	headers = prepare(p, m, json_object_get(noted, "facts"));
	then(p, m, created, noted);
	rule_run(t->book, &p->replay.facts, &p->result);
	side_of_run(t->book, m, &p->result, &p->would);
	if (m->by_hand && m->number == 1)
		by_hand(p, noted);
	p->contacts++;
	p->matched += p->result.fired_count > 0;
	p->undecided += p->result.undecided_count > 0;
	for (size_t i = 0; i < p->result.fired_count; i++)
		p->now[p->result.fired[i]]++;
	if (side_compare(&p->was, &p->would, note_change, p) > 0) {
		p->differ++;
		if (json_array_size(p->rows) < (size_t)t->limit)
			add_row(p, m);
	}
	json_decref(headers);
	json_decref(created);
	json_decref(noted);
	return clock_tick_ms() < p->step_end_ms;
}

/* --- a thread ---------------------------------------------------------------------- */

static void
fail(struct part *p, enum outcome o)
{
	p->outcome = o;
	(void)pthread_mutex_lock(&p->of->lock);
	p->of->over = true;
	(void)pthread_mutex_unlock(&p->of->lock);
}

static void
sleep_ms(long ms)
{
	struct timespec t = { .tv_nsec = ms * 1000000 };

	(void)nanosleep(&t, NULL);
}

/* Has the log grown so much that all should rest? */
static bool
log_grew(struct part *p)
{
	struct shared *s = p->of;
	int64_t now_ms = clock_tick_ms();
	int64_t bytes;

	if (now_ms < s->look_ms)
		return false;
	s->look_ms = now_ms + LOOK_MS;
	bytes = store_log_bytes(p->store);
	if (bytes <= s->log_bytes + LOG_GROWS)
		return false;
	s->log_bytes = bytes;
	return true;
}

/*
 * Between two steps: while the log of the store grows, all threads are out of
 * their transactions for a moment now and then. It begins anew only while
 * nobody reads what is in it, and of two that take turns one always does.
 */
static void
rest(struct part *p)
{
	struct shared *s = p->of;
	uint64_t turn;

	(void)pthread_mutex_lock(&s->lock);
	if (s->resting > 0 || log_grew(p)) {
		turn = s->rests;
		s->resting++;
		while (turn == s->rests && s->resting < s->running)
			(void)pthread_cond_wait(&s->rested, &s->lock);
		if (turn == s->rests) {
			sleep_ms(REST_MS);
			s->rests++;
			s->resting = 0;
			(void)pthread_cond_broadcast(&s->rested);
		}
	}
	(void)pthread_mutex_unlock(&s->lock);
}

/* A thread ends: nobody waits for it. */
static void
leave(struct shared *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->running--;
	(void)pthread_cond_broadcast(&s->rested);
	(void)pthread_mutex_unlock(&s->lock);
}

/* The messages of a span, in steps. */
static enum outcome
run_span(struct part *p, int64_t from, int64_t before)
{
	struct past_walk w = { .from = from,
			       .before = before,
			       .later = p->of->later,
			       .rows = STEP_ROWS };
	enum outcome o = OUT_OK;

	while (o == OUT_OK && !w.done) {
		const struct backtest *t = p->of->t;

		if (t->stop != NULL && t->stop(t->arg))
			return err_code(&p->err, OUT_TEMP, "stopped",
					"the test was ended before it was "
					"done");
		p->step_end_ms = clock_tick_ms() + STEP_MS;
		o = store_read_begin(p->store, &p->err);
		if (o != OUT_OK)
			break;
		o = past_step(p->store, p->reader, &w, judge, p, &p->err);
		store_read_end(p->store);
		rest(p);
	}
	return o;
}

/* Take the next span. false: there is none, or time is over. */
static bool
take_span(struct shared *s, int64_t *from, int64_t *before)
{
	bool some;

	(void)pthread_mutex_lock(&s->lock);
	some = !s->over && s->next > s->first && clock_tick_ms() < s->end_ms;
	if (some) {
		*before = s->next;
		*from = s->next - CHUNK > s->first ? s->next - CHUNK : s->first;
		s->next = *from;
	}
	(void)pthread_mutex_unlock(&s->lock);
	return some;
}

static void *
run_part(void *arg)
{
	struct part *p = arg;
	int64_t from;
	int64_t before;

	while (p->outcome == OUT_OK && take_span(p->of, &from, &before)) {
		enum outcome o = run_span(p, from, before);

		if (o != OUT_OK)
			fail(p, o);
	}
	p->short_of = mem_short_take();
	leave(p->of);
	return NULL;
}

static enum outcome
begin_part(struct part *p, struct shared *s, struct err *e)
{
	size_t n = book_rule_count(s->t->book) + 1;

	p->of = s;
	p->begun = true;
	p->reader = past_new();
	p->now = mem_new(n, sizeof *p->now);
	p->before = mem_new(n, sizeof *p->before);
	p->gone = json_object();
	p->changes = json_object();
	p->rows = json_array();
	return store_open(s->t->dir, STORE_READ, &p->store, e);
}

static void
end_part(struct part *p)
{
	store_close(&p->store);
	past_free(&p->reader);
	mem_free(p->now);
	mem_free(p->before);
	json_decref(p->gone);
	json_decref(p->changes);
	json_decref(p->rows);
}

/* --- together ------------------------------------------------------------------------ */

static void
add_counts(json_t *to, const json_t *from)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)from, key, v)
	{
		json_int_t n = json_integer_value(json_object_get(to, key));

		(void)json_object_set_new(
			to, key, json_integer(n + json_integer_value(v)));
	}
}

/* What the other threads found, to the first one's. */
static void
merge(struct part *to, const struct part *from, size_t rules)
{
	to->contacts += from->contacts;
	to->matched += from->matched;
	to->differ += from->differ;
	to->undecided += from->undecided;
	for (size_t i = 0; i < rules; i++) {
		to->now[i] += from->now[i];
		to->before[i] += from->before[i];
	}
	add_counts(to->gone, from->gone);
	add_counts(to->changes, from->changes);
	(void)json_array_extend(to->rows, from->rows);
}

static json_t *
rule_row(const char *rule, int line, int64_t now, int64_t before)
{
	json_t *o = json_object();

	row_set(o, "rule", json_string(rule));
	row_set(o, "line", json_integer(line));
	row_set(o, "now", json_integer(now));
	row_set(o, "before", json_integer(before));
	return o;
}

/* Add a member; taken. A list that is full stays as it is. */
static void
add_fitting(json_t *list, json_t *o, size_t *bytes, size_t max)
{
	*bytes += json_dumpb(o, NULL, 0, JSON_COMPACT);
	if (*bytes <= max)
		(void)json_array_append_new(list, o);
	else
		json_decref(o);
}

/* Rules that may run on messages, then those that are no more; where they are
 * too many, those that fired. */
static json_t *
rules_json(const struct part *p)
{
	const struct book *b = p->of->t->book;
	json_t *list = json_array();
	const char *name;
	size_t bytes = 0;
	json_t *v;

	for (size_t i = 0; i < book_rule_count(b); i++) {
		const struct book_rule *r = book_rule_at(b, i);

		if ((event_bit(r->event) & EVENT_MESSAGES) == 0)
			continue;
		if (p->now[i] + p->before[i] != 0 ||
		    bytes < RULES_BYTES_MAX / 2)
			add_fitting(list,
				    rule_row(r->name, r->line, p->now[i],
					     p->before[i]),
				    &bytes, RULES_BYTES_MAX);
	}
	json_object_foreach(p->gone, name, v)
		add_fitting(list, rule_row(name, 0, 0, json_integer_value(v)),
			    &bytes, RULES_BYTES_MAX);
	return list;
}

struct change {
	const char *key;
	int64_t n;
};

static int
by_number(const void *a, const void *b)
{
	const struct change *x = a;
	const struct change *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return strcmp(x->key, y->key);
}

static json_t *
change_json(const struct change *c)
{
	json_t *o = json_object();
	const char *kind = c->key;
	const char *from = strchr(kind, SEPARATOR[0]) + 1;
	const char *to = strchr(from, SEPARATOR[0]) + 1;

	row_set(o, "kind", json_stringn(kind, (size_t)(from - kind) - 1));
	row_set(o, "from", json_stringn(from, (size_t)(to - from) - 1));
	row_set(o, "to", json_string(to));
	row_set(o, "n", json_integer(c->n));
	return o;
}

/* The most frequent ones first. */
static json_t *
changes_json(const json_t *changes)
{
	size_t n = json_object_size(changes);
	struct change *list = mem_new(n + 1, sizeof *list);
	json_t *out = json_array();
	const char *key;
	json_t *v;
	size_t i = 0;

	json_object_foreach((json_t *)changes, key, v) list[i++] =
		(struct change){ key, json_integer_value(v) };
	qsort(list, n, sizeof *list, by_number);
	for (i = 0; i < n && i < BACKTEST_CHANGES_MAX; i++)
		(void)json_array_append_new(out, change_json(&list[i]));
	mem_free(list);
	return out;
}

static int
by_message(const void *a, const void *b)
{
	const json_t *const *x = a;
	const json_t *const *y = b;
	json_int_t m = json_integer_value(json_object_get(*x, "message"));
	json_int_t n = json_integer_value(json_object_get(*y, "message"));

	return m < n ? 1 : m > n ? -1 : 0;
}

static json_t *
rows_json(const json_t *rows, int limit)
{
	size_t n = json_array_size(rows);
	json_t **list = mem_new(n + 1, sizeof(json_t *));
	json_t *out = json_array();
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < n; i++)
		list[i] = json_array_get(rows, i);
	qsort(list, n, sizeof(json_t *), by_message);
	for (i = 0; i < n && i < (size_t)limit; i++)
		add_fitting(out, json_incref(list[i]), &bytes, ROWS_BYTES_MAX);
	mem_free(list);
	return out;
}

/* Time was over: the newest of the rest, and all that was committed at that
 * instant, are looked at too. So each test gets on, and the next one may begin
 * before that instant. */
static enum outcome
even_out(struct part *p, int64_t *until_ms, struct err *e)
{
	struct shared *s = p->of;
	int64_t before = s->next;
	int64_t from = 0;
	enum outcome o = store_read_begin(p->store, e);

	if (o != OUT_OK)
		return o;
	o = past_committed(p->store, before, until_ms, e);
	if (o == OUT_OK)
		o = past_after(p->store, *until_ms, &from, e);
	store_read_end(p->store);
	if (o != OUT_OK)
		return o;
	s->next = from > s->first ? from : s->first;
	o = run_span(p, s->next, before);
	if (o != OUT_OK)
		*e = p->err;
	return o;
}

static json_t *
result_json(const struct part *p, int64_t begun_ms)
{
	json_t *o = json_object();

	row_set(o, "contacts", json_integer(p->contacts));
	row_set(o, "matched", json_integer(p->matched));
	row_set(o, "differ", json_integer(p->differ));
	row_set(o, "undecided", json_integer(p->undecided));
	row_set(o, "rules", rules_json(p));
	row_set(o, "changes", changes_json(p->changes));
	row_set(o, "rows", rows_json(p->rows, p->of->t->limit));
	row_set(o, "spent_ms", json_integer(clock_tick_ms() - begun_ms));
	return o;
}

static bool
asks_later(const struct book *b)
{
	for (size_t i = 0; i < book_rule_count(b); i++)
		if (event_bit(book_rule_at(b, i)->event) == EVENT_ANSWER ||
		    book_rule_asks(b, i, RULE_FIELD_MESSAGES))
			return true;
	return false;
}

static bool
asks_headers(const struct book *b)
{
	for (size_t i = 0; i < book_rule_count(b); i++)
		if (book_rule_asks(b, i, RULE_FIELD_HEADER))
			return true;
	return false;
}

static void
begin_shared(struct shared *s, const struct backtest *t, int64_t begun_ms)
{
	memset(s, 0, sizeof *s);
	s->t = t;
	s->end_ms = begun_ms + t->budget_ms;
	s->later = asks_later(t->book) || asks_later(t->applied);
	s->headers = asks_headers(t->book) || asks_headers(t->applied);
	s->index = json_object();
	for (size_t i = 0; i < book_rule_count(t->book); i++)
		(void)json_object_set_new(s->index,
					  book_rule_at(t->book, i)->name,
					  json_integer((json_int_t)i));
	(void)pthread_mutex_init(&s->lock, NULL);
	(void)pthread_cond_init(&s->rested, NULL);
}

/* Which rows are of that time. */
static enum outcome
find_rows(struct part *p, struct err *e)
{
	struct shared *s = p->of;
	enum outcome o = store_read_begin(p->store, e);

	if (o != OUT_OK)
		return o;
	o = past_after(p->store, s->t->since_ms, &s->first, e);
	if (o == OUT_OK)
		o = past_after(p->store, s->t->until_ms, &s->next, e);
	store_read_end(p->store);
	return o;
}

/* false: this thread does it alone. */
static bool
start_part(struct part *p, pthread_t *thread)
{
	struct shared *s = p->of;

	(void)pthread_mutex_lock(&s->lock);
	s->running++;
	(void)pthread_mutex_unlock(&s->lock);
	if (pthread_create(thread, NULL, run_part, p) == 0)
		return true;
	leave(s);
	return false;
}

/* All threads; this one is the first. Few messages need no second one. */
static enum outcome
run_parts(struct part *parts, struct err *e)
{
	struct shared *s = parts[0].of;
	size_t want = s->next - s->first > CHUNK ? THREADS : 1;
	pthread_t threads[THREADS];
	enum outcome o = OUT_OK;
	size_t n = 1;
	size_t i;

	s->running = 1;
	s->log_bytes = store_log_bytes(parts[0].store);
	for (; n < want; n++) {
		o = begin_part(&parts[n], s, e);
		if (o != OUT_OK || !start_part(&parts[n], &threads[n]))
			break;
	}
	if (o == OUT_OK)
		(void)run_part(&parts[0]);
	else
		fail(&parts[0], o);
	for (i = 1; i < n; i++)
		(void)pthread_join(threads[i], NULL);
	for (i = 0; i < n; i++) {
		if (parts[i].short_of)
			mem_short_note();
		if (o == OUT_OK && parts[i].outcome != OUT_OK) {
			o = parts[i].outcome;
			*e = parts[i].err;
		}
	}
	return o;
}

enum outcome
backtest_run(const struct backtest *t, json_t **out, struct err *e)
{
	struct part *parts = mem_new(THREADS, sizeof *parts);
	int64_t begun_ms = clock_tick_ms();
	int64_t until_ms = 0;
	struct shared s;
	enum outcome o;
	bool cut;
	size_t i;

	begin_shared(&s, t, begun_ms);
	o = begin_part(&parts[0], &s, e);
	if (o == OUT_OK)
		o = find_rows(&parts[0], e);
	if (o == OUT_OK)
		o = run_parts(parts, e);
	cut = s.next > s.first;
	if (o == OUT_OK && cut)
		o = even_out(&parts[0], &until_ms, e);
	cut = s.next > s.first;
	if (o == OUT_OK) {
		for (i = 1; i < THREADS && parts[i].begun; i++)
			merge(&parts[0], &parts[i], book_rule_count(t->book));
		*out = result_json(&parts[0], begun_ms);
		row_set(*out, "cut", json_boolean(cut));
		row_set(*out, "until", cut ? row_iso(until_ms) : json_null());
	}
	for (i = 0; i < THREADS; i++)
		if (parts[i].begun)
			end_part(&parts[i]);
	json_decref(s.index);
	(void)pthread_cond_destroy(&s.rested);
	(void)pthread_mutex_destroy(&s.lock);
	mem_free(parts);
	return o;
}
