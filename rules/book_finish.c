/*
 * book_finish: what others ask of a book (book.h), filled in when the text
 * has been read and its calendars are made. It looks up the names of
 * calendars and lists in conditions and timers; other names are the
 * checker's.
 */

#include <string.h>

#include "rules/book_build.h"
#include "rules/book_check.h"
#include "rules/calendar.h"
#include "rules/complain.h"
#include "rules/timer.h"

static const char *
title_of(const struct word *title, const struct word *name)
{
	return title->text != NULL ? title->text : name->text;
}

static void
finish_queue(struct queue_node *n)
{
	n->pub.name = n->name.text;
	n->pub.title = title_of(&n->title, &n->name);
	n->pub.team = n->team.text;
}

static void
finish_team(struct book *b, struct team_node *n)
{
	const char **members =
		arena_new(&b->arena, (n->members.n + 1) * sizeof *members);
	size_t i;

	for (i = 0; i < n->members.n; i++)
		members[i] = ((const struct word *)n->members.at[i])->text;
	n->pub.name = n->name.text;
	n->pub.title = title_of(&n->title, &n->name);
	n->pub.members = members;
	n->pub.member_count = n->members.n;
	n->pub.calendar_name = n->calendar.text;
	if (n->calendar.text != NULL)
		n->pub.calendar = book_calendar(b, n->calendar.text);
}

/* Texts as book.h gives them; there is always one. */
static const struct book_text *
finish_texts(struct book *b, const struct ptrs *texts,
	     const struct word *language, size_t *n_out)
{
	const char *any = language->text != NULL ? language->text : "";
	size_t n = texts->n != 0 ? texts->n : 1;
	struct book_text *out = arena_new(&b->arena, n * sizeof *out);
	size_t i;

	out[0].language = any;
	out[0].text = "";
	for (i = 0; i < texts->n; i++) {
		const struct text_node *t = texts->at[i];

		out[i].language =
			t->language.text != NULL ? t->language.text : any;
		out[i].text = t->text.text;
	}
	*n_out = n;
	return out;
}

static void
finish_template(struct book *b, const struct template_node *n,
		const struct reply_node *reply, struct book_template *out)
{
	const char **values =
		arena_new(&b->arena, (n->values.n + 1) * sizeof *values);
	const struct word *language =
		n->language.text != NULL ? &n->language : &reply->language;
	size_t i;

	for (i = 0; i < n->values.n; i++)
		values[i] = ((const struct word *)n->values.at[i])->text;
	out->language = language->text != NULL ? language->text : "";
	out->name = n->name.text;
	out->values = values;
	out->value_count = n->values.n;
	out->header = n->header.text;
	out->line = n->name.at.line;
	out->column = n->name.at.column;
}

static void
finish_templates(struct book *b, struct reply_node *n)
{
	struct book_template *out =
		arena_new(&b->arena, (n->templates.n + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < n->templates.n; i++)
		finish_template(b, n->templates.at[i], n, &out[i]);
	n->pub.templates = out;
	n->pub.template_count = n->templates.n;
}

static void
finish_reply(struct book *b, struct reply_node *n)
{
	struct book_reply *pub = &n->pub;

	pub->name = n->name.text;
	pub->title = title_of(&n->title, &n->name);
	pub->texts = finish_texts(b, &n->texts, &n->language, &pub->text_count);
	pub->language = pub->texts[0].language;
	pub->text = pub->texts[0].text;
	finish_templates(b, n);
}

static void
finish_shop_policy(struct book *b, struct shop_policy_node *n)
{
	struct book_shop_policy *pub = &n->pub;

	pub->name = n->name.text;
	pub->title = title_of(&n->title, &n->name);
	pub->since = n->since.text != NULL ? n->since.text : "";
	pub->texts = finish_texts(b, &n->texts, &n->language, &pub->text_count);
}

/* The actions of an escalation, as a result would give them. */
static void
finish_step(struct book *b, struct policy_node *policy,
	    struct escalation_node *n)
{
	const struct ptrs *list = &n->actions.list;
	struct rule_action *out =
		arena_new(&b->arena, (list->n + 1) * sizeof *out);
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct action_node *a = list->at[i];

		out[i].kind = a->kind;
		out[i].value = a->value.text;
		out[i].more = a->more.text;
		out[i].text = a->text.text;
		out[i].seconds = a->seconds;
		out[i].rule = policy->name.text;
	}
	n->pub.actions = out;
	n->pub.action_count = list->n;
	ptrs_add(&b->arena, &policy->escalations, &n->pub);
}

/* Each clock's budget by priority. */
static void
finish_budgets(struct policy_node *n)
{
	struct book_policy *pub = &n->pub;
	size_t clock;
	size_t i;

	for (clock = 0; clock < BOOK_CLOCK_COUNT; clock++) {
		const struct promise_node *m = &n->promises[clock];

		pub->usual[clock] = m->usual;
		for (i = 0; i < BOOK_PRIORITIES; i++)
			pub->budgets[clock][i] =
				m->excepted[i] ? m->exceptions[i] : m->usual;
	}
}

static void
finish_policy(struct book *b, struct policy_node *n)
{
	size_t i;

	finish_budgets(n);
	n->pub.pauses = n->pauses_given ? n->pauses : BOOK_PAUSES;
	for (i = 0; i < n->steps.n; i++)
		finish_step(b, n, n->steps.at[i]);
	n->pub.name = n->name.text;
	n->pub.warnings = (const struct book_warning *const *)n->warnings.at;
	n->pub.warning_count = n->warnings.n;
	n->pub.escalations =
		(const struct book_escalation *const *)n->escalations.at;
	n->pub.escalation_count = n->escalations.n;
}

/* --- rules --------------------------------------------------------------- */

/* The calendar of a name; of none: the first. NULL: the rule is broken, which
 * is said here or with the calendar. */
static const struct calendar *
calendar_of(struct build *p, struct rule_node *r, const struct word *name,
	    struct loc at)
{
	const struct ptrs *list = &p->book->calendars;
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct calendar_node *n = list->at[i];

		if (name->text != NULL && strcmp(n->name.text, name->text) != 0)
			continue;
		if (!n->broken)
			return n->calendar;
		r->broken = true;
		return NULL;
	}
	r->broken = true;
	if (name->text != NULL)
		check_missing(p, name, list, "calendar");
	else if (!p->lost)
		complain(p->errs, at, "calendar \"shop\" { ... }",
			 "times need a calendar, whose zone they are of");
	return NULL;
}

static const struct list_node *
list_of(struct build *p, struct rule_node *r, const struct word *name)
{
	const struct ptrs *lists = &p->book->lists;
	size_t i;

	for (i = 0; i < lists->n; i++) {
		const struct list_node *n = lists->at[i];

		if (strcmp(n->name.text, name->text) == 0)
			return n;
	}
	r->broken = true;
	check_missing(p, name, lists, "list");
	return NULL;
}

static void
finish_cond(struct build *p, struct rule_node *r, struct cond *c)
{
	if (c == NULL)
		return;
	if (c->kind == COND_LIST)
		c->list = list_of(p, r, &c->text);
	if (c->kind == COND_TIME || c->kind == COND_DAY || c->kind == COND_OPEN)
		c->opening = calendar_of(p, r, &c->calendar, c->at);
	finish_cond(p, r, c->a);
	finish_cond(p, r, c->b);
}

/* An example's lists, and its instant. */
static void
finish_example(struct build *p, struct rule_node *r, struct example_node *x)
{
	struct book *b = p->book;
	struct rule_facts *f = &x->facts;
	struct rule_pair *headers =
		arena_new(&b->arena, (x->headers.n + 1) * sizeof *headers);
	struct rule_pair *files =
		arena_new(&b->arena, (x->files.n + 1) * sizeof *files);
	const struct calendar *c;
	size_t i;

	for (i = 0; i < x->headers.n; i++)
		headers[i] = *(const struct rule_pair *)x->headers.at[i];
	for (i = 0; i < x->files.n; i++)
		files[i] = *(const struct rule_pair *)x->files.at[i];
	f->headers = headers;
	f->header_count = x->headers.n;
	f->files = files;
	f->file_count = x->files.n;
	f->tags = (const char *const *)x->tags.at;
	f->tag_count = x->tags.n;
	if (x->date.text == NULL)
		return;
	c = calendar_of(p, r, &(struct word){ .text = NULL }, x->date.at);
	if (c != NULL)
		f->now_s = timer_instant(c, x->day, (int32_t)x->time_s);
}

static void
finish_rule(struct build *p, struct rule_node *r, size_t index)
{
	struct book *b = p->book;
	size_t i;

	finish_cond(p, r, r->cond);
	for (i = 0; i < r->examples.n; i++)
		finish_example(p, r, r->examples.at[i]);
	for (i = 0; i < r->actions.list.n; i++) {
		struct action_node *a = r->actions.list.at[i];

		if (a->kind == ACTION_SEND || a->kind == ACTION_ASK_ORDER)
			a->seconds = r->once_s != 0 ? r->once_s : TREE_ONCE_S;
	}
	r->pub.name = r->name.text;
	r->pub.line = r->name.at.line;
	r->pub.event = r->event.text != NULL ? r->event.text : "";
	r->pub.on = r->on_text != NULL ? r->on_text : "";
	r->pub.stop = r->stop;
	r->pub.once_s = r->once_s;
	if (!r->timed)
		return;
	r->timer.rule = r->name.text;
	r->timer.rule_index = index;
	if (r->timer.kind != TIMER_AFTER)
		r->timer.calendar =
			calendar_of(p, r, &r->timer_calendar, r->event.at);
	ptrs_add(&b->arena, &b->timers, r);
}

void
book_finish_promises(struct book *b)
{
	size_t i;

	for (i = 0; i < b->queues.n; i++)
		finish_queue(b->queues.at[i]);
	for (i = 0; i < b->teams.n; i++)
		finish_team(b, b->teams.at[i]);
	for (i = 0; i < b->policies.n; i++)
		finish_policy(b, b->policies.at[i]);
}

void
book_finish(struct build *p)
{
	struct book *b = p->book;
	size_t i;

	book_finish_promises(b);
	for (i = 0; i < b->lists.n; i++) {
		struct list_node *n = b->lists.at[i];

		n->pub.name = n->name.text;
		n->pub.entry_count = n->entries.n;
	}
	for (i = 0; i < b->replies.n; i++)
		finish_reply(b, b->replies.at[i]);
	for (i = 0; i < b->shop_policies.n; i++)
		finish_shop_policy(b, b->shop_policies.at[i]);
	for (i = 0; i < b->rules.n; i++)
		finish_rule(p, b->rules.at[i], i);
}
