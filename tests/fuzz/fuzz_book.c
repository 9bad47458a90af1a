/*
 * fuzz_book: any text may be handed in as a desk book. What is accepted is
 * used: rules run on every event and are explained, deadlines and the next
 * instants of rules of time computed, the book compared with itself. A rule
 * that fired holds when it is explained, and the same text read as an old
 * version has the same promises.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "rules/rule.h"

#define NOW_S 1790000000
#define EXPLAINED_MAX 20 /* rules of one book */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct rule_pair headers[] = { { "X-Spam", "yes" },
					    { "List-Id", "<a.example>" } };
static const struct rule_pair files[] = { { "foto.jpg", "image/jpeg" } };
static const char *const tags[] = { "vip", "x" };

static void
gather(struct rule_facts *f)
{
	int i;

	memset(f, 0, sizeof *f);
	for (i = 0; i < RULE_FIELD_COUNT; i++) {
		const struct field_row *row = field_row((enum rule_field)i);

		f->has[i] = row->kind >= FIELD_NUMBER;
		f->number[i] = i;
		if (row->words != NULL)
			f->text[i] = row->words[0];
	}
	f->text[RULE_FIELD_MAILBOX] = "shop";
	f->text[RULE_FIELD_LANGUAGE] = "es";
	f->text[RULE_FIELD_SENDER] = "ana@mail.example";
	f->text[RULE_FIELD_SUBJECT] = "Devolución";
	f->text[RULE_FIELD_BODY] =
		"Quiero devolver el pedido 1042; \xFF it is broken";
	f->number[RULE_FIELD_MESSAGES] = 1;
	f->currency = "EUR";
	f->headers = headers;
	f->header_count = 2;
	f->files = files;
	f->file_count = 1;
	f->tags = tags;
	f->tag_count = 2;
	f->now_s = NOW_S;
}

static bool
fired(const struct rule_result *r, size_t rule)
{
	size_t i;

	for (i = 0; i < r->fired_count; i++)
		if (r->fired[i] == rule)
			return true;
	return false;
}

/* Of rules that were run to the end, explaining says the same. */
static void
explain(const struct book *b, const struct rule_facts *f,
	const struct rule_result *r, struct rule_trace *t)
{
	size_t n = book_rule_count(b);
	size_t i;

	for (i = 0; i < n && i < EXPLAINED_MAX; i++) {
		rule_explain(b, f, i, t);
		if (r->undecided_count == 0 && r->stopped_by == NULL &&
		    r->fired_count < RULE_HITS_MAX &&
		    t->verdict != RULE_UNDECIDED &&
		    fired(r, i) != (t->verdict == RULE_YES))
			abort();
	}
}

static void
run_all(const struct book *b)
{
	struct rule_result *r = mem_new(1, sizeof *r);
	struct rule_trace *t = mem_new(1, sizeof *t);
	struct rule_facts f;
	const struct book_timer *timer;
	size_t i;

	gather(&f);
	for (i = 0; event_name(i) != NULL; i++) {
		f.event = event_name(i);
		rule_run(b, &f, r);
		explain(b, &f, r, t);
	}
	f.event = "time";
	for (i = 0; (timer = book_timed(b, i)) != NULL; i++) {
		f.rule = timer->rule;
		rule_run(b, &f, r);
		if (r->fired_count > 1)
			abort(); /* one is meant; names are used once */
		if (book_timer_next(timer, NOW_S) <= NOW_S)
			abort();
	}
	mem_free(t);
	mem_free(r);
}

static void
use(const struct book *b)
{
	const struct book_policy *p = book_policy_for(b, "email");
	const struct reply_facts facts = { .subject = "{subject}" };
	struct buf out;
	size_t i;

	run_all(b);
	if (p != NULL)
		(void)deadline_due(p->calendar, NOW_S, 3600, NULL, 0);
	buf_init(&out, BOOK_BYTES_MAX);
	for (i = 0; i < book_reply_count(b); i++) {
		const struct book_reply *r = book_reply_at(b, i);

		book_text_render(
			book_text_in(r->texts, r->text_count, "en", "es")->text,
			&facts, &out);
	}
	buf_clear(&out);
	book_diff(b, b, &out);
	if (out.len != 0)
		abort(); /* a book does not differ from itself */
	buf_release(&out);
}

static void
same_budget(struct book_budget a, struct book_budget b)
{
	if (a.seconds != b.seconds || a.days != b.days || a.wall != b.wall)
		abort();
}

static void
same_policy(const struct book_policy *a, const struct book_policy *b)
{
	int clock;
	int i;

	for (clock = 0; b != NULL && clock < BOOK_CLOCK_COUNT; clock++)
		for (i = 0; i < BOOK_PRIORITIES; i++)
			same_budget(a->budgets[clock][i], b->budgets[clock][i]);
	if (b == NULL || a->pauses != b->pauses ||
	    a->reopen_begins != b->reopen_begins ||
	    a->escalation_count != b->escalation_count)
		abort();
}

/* What an old version has of a book is what the book has. */
static void
promises(const struct book *b, const char *text, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *old = NULL;
	size_t i;

	if (book_promises_read(text, n, &old, &errs) != OUT_OK ||
	    book_policy_count(old) != book_policy_count(b) ||
	    book_queue_count(old) != book_queue_count(b) ||
	    book_team_count(old) != book_team_count(b))
		abort();
	for (i = 0; i < book_policy_count(b); i++) {
		const struct book_policy *p = book_policy_at(b, i);

		same_policy(p, book_policy(old, p->name));
	}
	book_unref(&old);
}

/* What is only looked at when a book is new: examples, and rules together. */
static void
check(const char *text, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;
	struct buf out;

	if ((book_read(text, n, &b, &errs) == OUT_OK) != (errs.n == 0))
		abort();
	book_unref(&b);
	buf_init(&out, BOOK_BYTES_MAX);
	book_errors_print(&errs, "book", &out);
	if (!utf8_valid(buf_str(&out), out.len))
		abort(); /* an error is text */
	buf_release(&out);
	book_errors_release(&errs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	if (book_read_trusted((const char *)data, n, &b, &errs) == OUT_OK) {
		use(b);
		promises(b, (const char *)data, n);
		book_unref(&b);
	} else if (errs.n == 0) {
		abort(); /* refused without a word */
	}
	book_errors_release(&errs);
	check((const char *)data, n);
	return 0;
}
