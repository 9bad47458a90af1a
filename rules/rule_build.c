/*
 * rule_build: the grammar's calls for rules: when they run, what they do.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book_build.h"
#include "rules/complain.h"

#define ON_BYTES 400
#define AFTER_MAX_S (INT64_C(400) * 86400)

void
build_rule(struct build *p, const struct word *name)
{
	struct book *b = p->book;

	p->rule = BUILD_NEW(p, struct rule_node);
	p->rule->actions.rule = p->rule;
	p->actions = &p->rule->actions;
	if (name == NULL)
		return;
	p->rule->name = *name;
	if (b->rules.n < TREE_KIND_MAX)
		ptrs_add(&b->arena, &b->rules, p->rule);
	else
		complain(p->errs, name->at, NULL, "more than %d rules",
			 TREE_KIND_MAX);
}

/* --- when ---------------------------------------------------------------- */

/* The words after "on", with one blank between them. */
void
build_on(struct build *p, const struct text_span *at)
{
	struct buf b;
	size_t i;

	buf_init(&b, ON_BYTES);
	for (i = at->from; i < at->to; i++) {
		bool blank = strchr(" \t\r\n", p->text[i]) != NULL;

		if (!blank)
			(void)buf_putc(&b, p->text[i]);
		else if (b.len != 0 && b.data[b.len - 1] != ' ')
			(void)buf_putc(&b, ' ');
	}
	p->rule->on_text = arena_strndup(&p->book->arena, buf_str(&b), b.len);
	buf_release(&b);
}

static void
set_event(struct build *p, const char *event, struct loc at)
{
	struct rule_node *r = p->rule;

	if (r->event.text != NULL)
		complain(p->errs, at, "leave one of them out", "a second 'on'");
	r->event.text = event;
	r->event.n = strlen(event);
	r->event.at = at;
	r->event_bit = event_bit(event);
}

void
build_event(struct build *p, const struct word *event)
{
	const char *names[EVENT_NAMES];
	size_t n = 0;
	size_t i;

	for (i = 0; event_name(i) != NULL; i++)
		if (1U << i != EVENT_TIME)
			names[n++] = event_name(i);
	names[n] = NULL;
	(void)build_choose(
		p, event, names, "event",
		"rules run on contact, answer, state, undelivered, clock.warning, clock.breach, order events, every day at 09:00 or 4h after solved");
	set_event(p, event->text, event->at);
}

static struct book_timer *
timed(struct build *p, struct loc at)
{
	set_event(p, event_name(EVENT_NAMES - 1), at);
	p->rule->timed = true;
	return &p->rule->timer;
}

void
build_hourly(struct build *p, const struct word *hour,
	     const struct word *calendar)
{
	static const char *const units[] = { "hour", NULL };
	struct book_timer *t = timed(p, hour->at);

	if (strcmp(hour->text, "day") == 0 ||
	    strcmp(hour->text, "weekday") == 0)
		complain(p->errs, hour->at, "every day at 09:00",
			 "'every %s' without a time", hour->text);
	else
		(void)build_choose(p, hour, units, "period",
				   "every hour, every weekday at 09:00");
	t->kind = TIMER_HOURLY;
	p->rule->timer_calendar = *calendar;
}

void
build_daily(struct build *p, unsigned days, int64_t time_s,
	    const struct text_span *at, const struct word *calendar)
{
	struct book_timer *t = timed(p, at->first);

	if (time_s >= 86400)
		complain(p->errs, at->first, "write 00:00 of the next day",
			 "a rule at 24:00");
	t->kind = TIMER_DAILY;
	t->days = days;
	t->at_s = (int32_t)time_s;
	p->rule->timer_calendar = *calendar;
}

void
build_daily_word(struct build *p, const struct word *days, int64_t time_s,
		 const struct text_span *at, const struct word *calendar)
{
	static const char *const names[] = { "weekday", "day", NULL };
	bool all = strcmp(days->text, "day") == 0;

	(void)build_choose(p, days, names, "days",
			   "every weekday, every day, every mon-fri");
	build_daily(p, all ? 0x7F : 0x1F, time_s, at, calendar);
}

void
build_after(struct build *p, const struct duration *d, bool open,
	    const struct word *since, const struct text_span *at)
{
	static const char *const names[] = { "created", "solved", "contact",
					     "answer", NULL };
	struct book_timer *t = timed(p, at->first);
	int i;

	(void)build_choose(p, since, names, "beginning",
			   "after created, solved, contact or answer");
	for (i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], since->text) == 0)
			t->since = (enum book_timer_since)i;
	if (d->s == 0)
		complain(p->errs, at->first, NULL, "a duration of nothing");
	else if (d->s > AFTER_MAX_S)
		complain(p->errs, at->first, NULL, "a duration over 400 days");
	else if (open && d->days)
		complain(
			p->errs, at->first,
			"count the hours that the calendar is open: two days of 7 hours are 14h",
			"a duration in days");
	t->kind = TIMER_AFTER;
	t->after_s = d->s;
	t->open = open;
}

void
build_rule_via(struct build *p, unsigned channels)
{
	if (channels == 0)
		p->rule->broken = true;
	p->rule->via |= channels;
}

void
build_if(struct build *p, struct cond *c, const struct text_span *at)
{
	struct rule_node *r = p->rule;

	if (r->cond != NULL) {
		r->broken = true;
		complain(p->errs, at->first, "join them with 'and' or 'or'",
			 "a second 'if' in a rule");
		return;
	}
	r->if_from = at->from;
	r->if_to = at->to;
	r->if_text = arena_strndup(&p->book->arena, p->text + at->from,
				   at->to - at->from);
	r->cond = c;
	if (r->cond_count > TREE_CONDITIONS_MAX) {
		r->broken = true;
		r->cond = NULL;
		complain(p->errs, at->first, "split it into several rules",
			 "more than %d conditions in a rule",
			 TREE_CONDITIONS_MAX);
	}
}

void
build_once(struct build *p, const struct duration *d,
	   const struct text_span *at)
{
	if (p->rule->once_s != 0)
		complain(p->errs, at->first, "leave one of them out",
			 "a second 'once'");
	if (d->s == 0)
		complain(p->errs, at->first, NULL, "a duration of nothing");
	p->rule->once_s = d->s;
}

/* --- what ---------------------------------------------------------------- */

bool
book_is_reason(const char *s)
{
	for (size_t i = 0; field_reasons[i] != NULL; i++)
		if (strcmp(field_reasons[i], s) == 0)
			return true;
	return false;
}

void
build_then(struct build *p)
{
	p->actions = &p->rule->actions;
}

/* A new action; NULL if it is one too many, which is said. */
static struct action_node *
act(struct build *p, enum rule_action_kind kind, struct loc at)
{
	struct actions *to = p->actions;
	struct action_node *a;
	size_t i;

	for (i = 0; !rule_action_adds(kind) && i < to->list.n; i++) {
		a = to->list.at[i];
		if (a->kind == kind) {
			complain(p->errs, at, "leave one of them out",
				 "a second '%s' in a rule",
				 rule_action_name(kind));
			return NULL;
		}
	}
	if (to->list.n == TREE_ACTIONS_MAX) {
		complain(p->errs, at, NULL, "more than %d actions in a rule",
			 TREE_ACTIONS_MAX);
		return NULL;
	}
	a = BUILD_NEW(p, struct action_node);
	a->kind = kind;
	a->at = at;
	a->value.text = "";
	a->value.at = at;
	ptrs_add(&p->book->arena, &to->list, a);
	return a;
}

void
build_action(struct build *p, enum rule_action_kind kind,
	     const struct word *value)
{
	/* merging is done by people, who say with what */
	static const char *const states[] = { "open",    "pending_customer",
					      "on_hold", "solved",
					      "closed",  "spam",
					      NULL };
	struct action_node *a;

	if (kind == ACTION_REASON)
		(void)build_choose(p, value, field_reasons, "reason",
				   "reasons are listed in postigo-book(5)");
	else if (kind == ACTION_PRIORITY)
		(void)build_choose(
			p, value, field_priorities, "priority",
			"priorities are low, normal, high and urgent");
	else if (kind == ACTION_STATE)
		(void)build_choose(
			p, value, states, "state that a rule can set",
			"open, pending_customer, on_hold, solved, closed or spam");
	a = act(p, kind, value->at);
	if (a != NULL)
		a->value = *value;
}

void
build_assign_nobody(struct build *p, const struct word *nobody)
{
	static const char *const names[] = { "nobody", NULL };

	if (build_choose(p, nobody, names, "agent",
			 "assign \"ana@shop.example\" or assign nobody"))
		(void)act(p, ACTION_ASSIGN, nobody->at);
}

void
build_fallback(struct build *p, const struct word *word)
{
	(void)act(p, ACTION_FALLBACK, word->at);
}

void
build_notify(struct build *p, const struct word *whom, const struct word *name,
	     const struct word *text)
{
	struct action_node *a = act(p, ACTION_NOTIFY, whom->at);

	if (a == NULL)
		return;
	a->value = *whom;
	a->more = *name;
	a->text = *text;
}

void
build_link_order(struct build *p, const struct word *capture)
{
	struct action_node *a = act(p, ACTION_LINK_ORDER, capture->at);
	struct buf b;

	if (a == NULL)
		return;
	buf_init(&b, TREE_TEXT_BYTES);
	(void)buf_printf(&b, "{%s}", capture->text);
	a->value.n = b.len;
	a->value.text = arena_strndup(&p->book->arena, buf_str(&b), b.len);
	buf_release(&b);
}

void
build_snooze(struct build *p, const struct duration *d,
	     const struct text_span *at)
{
	struct action_node *a = act(p, ACTION_SNOOZE, at->first);

	if (d->s == 0)
		complain(p->errs, at->first, NULL, "a duration of nothing");
	else if (d->s > AFTER_MAX_S)
		complain(p->errs, at->first, NULL, "a duration over 400 days");
	if (a != NULL)
		a->seconds = d->s;
}

void
build_stop(struct build *p, const struct text_span *at)
{
	if (p->actions->rule != NULL)
		p->actions->rule->stop = true;
	else
		complain(p->errs, at->first, "it stops rules alone",
			 "'stop' in an escalation");
}
