/*
 * book_print: the difference of two books, for a person. Each thing is
 * written as properties, one a line; things are compared property by
 * property.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "rules/field.h"
#include "rules/tree.h"

#define PROPERTIES_BYTES (1024 * 1024)
#define SHOWN_CHARS 60

static void
put_duration(struct buf *b, int64_t s)
{
	if (s == 0)
		(void)buf_puts(b, "none");
	if (s >= 3600)
		(void)buf_printf(b, "%lldh", (long long)(s / 3600));
	if (s % 3600 >= 60)
		(void)buf_printf(b, "%lldm", (long long)(s % 3600 / 60));
	if (s % 60 != 0)
		(void)buf_printf(b, "%llds", (long long)(s % 60));
}

static void
put_channels(struct buf *b, unsigned mask)
{
	const char *comma = "";
	size_t i;

	if (mask == 0)
		(void)buf_puts(b, "every channel");
	for (i = 0; channel_name(i) != NULL; i++)
		if ((mask & 1U << i) != 0) {
			(void)buf_printf(b, "%s%s", comma, channel_name(i));
			comma = ", ";
		}
}

/* Text on one line: runs of blanks are one. */
static void
put_line(struct buf *b, const char *s)
{
	bool blank = false;

	for (; s != NULL && *s != '\0'; s++) {
		if (*s == ' ' || *s == '\n' || *s == '\t' || *s == '\r') {
			blank = true;
			continue;
		}
		if (blank)
			(void)buf_putc(b, ' ');
		blank = false;
		(void)buf_putc(b, *s);
	}
}

static void
put_word(struct buf *b, const char *key, const char *s)
{
	(void)buf_printf(b, "%s\t", key);
	put_line(b, s);
	(void)buf_putc(b, '\n');
}

static void
queue_print(const void *node, struct buf *b)
{
	const struct queue_node *q = node;

	put_word(b, "title", q->pub.title);
	put_word(b, "team", q->pub.team);
}

static void
team_print(const void *node, struct buf *b)
{
	const struct team_node *t = node;
	size_t i;

	put_word(b, "title", t->pub.title);
	put_word(b, "calendar", t->pub.calendar_name);
	(void)buf_puts(b, "members\t");
	for (i = 0; i < t->pub.member_count; i++) {
		(void)buf_puts(b, i != 0 ? ", " : "");
		put_line(b, t->pub.members[i]);
	}
	(void)buf_putc(b, '\n');
}

static void
list_print(const void *node, struct buf *b)
{
	const struct list_node *l = node;
	size_t i;

	(void)buf_puts(b, "entries\t");
	for (i = 0; i < l->entries.n; i++) {
		const struct entry_node *e = l->entries.at[i];

		(void)buf_puts(b, i != 0 ? ", " : "");
		(void)buf_puts(b, e->literal ? "\"" : "/");
		put_line(b, e->text.text);
		(void)buf_puts(b, e->literal ? "\"" : "/");
		(void)buf_puts(b, e->exact ? " exact" : "");
	}
	(void)buf_putc(b, '\n');
}

/* "text es<tab>..." */
static void
put_texts(struct buf *b, const struct book_text *texts, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		(void)buf_puts(b, "text");
		if (texts[i].language[0] != '\0')
			(void)buf_printf(b, " %s", texts[i].language);
		(void)buf_putc(b, '\t');
		put_line(b, texts[i].text);
		(void)buf_putc(b, '\n');
	}
}

/* "template es<tab>name, header "..." with "...", "..."" */
static void
put_template(struct buf *b, const struct book_template *t)
{
	size_t i;

	(void)buf_puts(b, "template");
	if (t->language[0] != '\0')
		(void)buf_printf(b, " %s", t->language);
	(void)buf_putc(b, '\t');
	put_line(b, t->name);
	if (t->header != NULL) {
		(void)buf_puts(b, " header \"");
		put_line(b, t->header);
		(void)buf_putc(b, '"');
	}
	for (i = 0; i < t->value_count; i++) {
		(void)buf_puts(b, i == 0 ? " with \"" : ", \"");
		put_line(b, t->values[i]);
		(void)buf_putc(b, '"');
	}
	(void)buf_putc(b, '\n');
}

static void
reply_print(const void *node, struct buf *b)
{
	const struct reply_node *r = node;
	size_t i;

	put_word(b, "title", r->pub.title);
	put_texts(b, r->pub.texts, r->pub.text_count);
	for (i = 0; i < r->pub.template_count; i++)
		put_template(b, &r->pub.templates[i]);
}

static void
shop_policy_print(const void *node, struct buf *b)
{
	const struct shop_policy_node *n = node;

	put_word(b, "title", n->pub.title);
	put_word(b, "since", n->pub.since);
	put_texts(b, n->pub.texts, n->pub.text_count);
}

static void
put_spans(struct buf *b, const struct open_span *s, size_t n)
{
	size_t i;

	if (n == 0)
		(void)buf_puts(b, "closed");
	for (i = 0; i < n; i++)
		(void)buf_printf(b, "%s%02d:%02d-%02d:%02d", i ? ", " : "",
				 s[i].from_s / 3600, s[i].from_s / 60 % 60,
				 s[i].to_s / 3600, s[i].to_s / 60 % 60);
	(void)buf_putc(b, '\n');
}

static void
calendar_print(const void *node, struct buf *b)
{
	static const char *const days[] = { "mon", "tue", "wed", "thu",
					    "fri", "sat", "sun" };
	const struct calendar_node *c = node;
	const struct open_span *s;
	bool special;
	size_t n;
	size_t i;

	put_word(b, "timezone", calendar_zone(c->calendar));
	for (i = 0; i < 7; i++) {
		s = calendar_week(c->calendar, (int)i, &n);
		(void)buf_printf(b, "%s\t", days[i]);
		put_spans(b, s, n);
	}
	for (i = 0; i < c->dates.n; i++) {
		const struct date_line *d = c->dates.at[i];

		s = calendar_day(c->calendar, d->day, &n, &special);
		(void)buf_printf(b, "%s\t", d->text.text);
		put_spans(b, s, n);
	}
}

static void
put_action(struct buf *b, const struct action_node *a)
{
	const char *parts[] = { a->value.text, a->more.text, a->text.text };
	size_t i;

	(void)buf_puts(b, rule_action_name(a->kind));
	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parts[i] == NULL)
			continue;
		(void)buf_puts(b, " \"");
		put_line(b, parts[i]);
		(void)buf_putc(b, '"');
	}
	if (a->kind == ACTION_SNOOZE) {
		(void)buf_putc(b, ' ');
		put_duration(b, a->seconds);
	}
}

static void
put_actions(struct buf *b, const struct actions *actions)
{
	size_t i;

	for (i = 0; i < actions->list.n; i++) {
		(void)buf_puts(b, i != 0 ? ", " : "");
		put_action(b, actions->list.at[i]);
	}
}

static const char *const clock_words[] = { "first response", "next response",
					   "resolution", "proactive", "claim" };

static void
steps_print(const struct policy_node *p, struct buf *b)
{
	size_t i;

	for (i = 0; i < p->steps.n; i++) {
		const struct escalation_node *n = p->steps.at[i];

		(void)buf_printf(b, "escalate %s ", clock_words[n->pub.clock]);
		switch (n->pub.when) {
		case BOOK_AT_PERCENT:
			(void)buf_printf(b, "at %d%%", n->pub.percent);
			break;
		case BOOK_LEFT:
			put_duration(b, n->pub.seconds);
			(void)buf_puts(b, " left");
			break;
		case BOOK_AT_BREACH:
			(void)buf_puts(b, "at breach");
			break;
		case BOOK_AFTER_BREACH:
			put_duration(b, n->pub.seconds);
			(void)buf_puts(b, " after breach");
			break;
		}
		(void)buf_putc(b, '\t');
		put_actions(b, &n->actions);
		(void)buf_putc(b, '\n');
	}
}

static void
put_budget(struct buf *b, enum book_clock clock, const struct book_budget *v)
{
	if (v->days != 0) {
		(void)buf_printf(b, "%d working day%s", v->days,
				 v->days == 1 ? "" : "s");
		return;
	}
	put_duration(b, v->seconds);
	if (clock == BOOK_CLOCK_PROACTIVE && v->seconds != 0 && !v->wall)
		(void)buf_puts(b, " open");
}

/* "first response<tab>4h, high 2h" */
static void
put_promise(struct buf *b, enum book_clock clock, const struct promise_node *n)
{
	size_t i;

	(void)buf_printf(b, "%s\t", clock_words[clock]);
	put_budget(b, clock, &n->usual);
	for (i = 0; i < BOOK_PRIORITIES; i++)
		if (n->excepted[i]) {
			(void)buf_printf(b, ", %s ", field_priorities[i]);
			put_budget(b, clock, &n->exceptions[i]);
		}
	(void)buf_putc(b, '\n');
}

static void
put_states(struct buf *b, unsigned mask)
{
	const char *comma = "";
	size_t i;

	(void)buf_puts(b, "pauses resolution while\t");
	for (i = 0; field_states[i] != NULL; i++)
		if ((mask & 1U << i) != 0) {
			(void)buf_printf(b, "%s%s", comma, field_states[i]);
			comma = ", ";
		}
	(void)buf_puts(b, mask == 0 ? "never\n" : "\n");
}

static void
policy_print(const void *node, struct buf *b)
{
	const struct policy_node *p = node;
	size_t i;

	(void)buf_puts(b, "via\t");
	put_channels(b, p->via);
	put_word(b, "\ncalendar", p->calendar.text);
	for (i = 0; i < BOOK_CLOCK_COUNT; i++)
		put_promise(b, (enum book_clock)i, &p->promises[i]);
	put_states(b, p->pub.pauses);
	put_word(b, "reopen resolution",
		 p->pub.reopen_begins ? "begins" : "continues");
	(void)buf_puts(b, "warn at\t");
	for (i = 0; i < p->pub.warning_count; i++) {
		const struct book_warning *w = p->pub.warnings[i];

		(void)buf_puts(b, i != 0 ? ", " : "");
		if (w->percent != 0) {
			(void)buf_printf(b, "%d%%", w->percent);
		} else {
			put_duration(b, w->left_s);
			(void)buf_puts(b, " left");
		}
	}
	(void)buf_putc(b, '\n');
	steps_print(p, b);
}

static void
put_part(struct buf *b, const char *name, const char *value)
{
	(void)buf_printf(b, " %s \"", name);
	put_line(b, value);
	(void)buf_putc(b, '"');
}

/* What is given of an example, in the order of the fields. */
static void
example_print(const struct example_node *x, struct buf *b)
{
	const struct rule_facts *f = &x->facts;
	size_t i;

	(void)buf_puts(b, x->counter ? " not" : " yes");
	for (i = 0; i < RULE_FIELD_COUNT; i++) {
		const char *name = rule_field_name((enum rule_field)i);

		if (f->text[i] != NULL)
			put_part(b, name, f->text[i]);
		if (f->has[i])
			(void)buf_printf(b, " %s %lld", name,
					 (long long)f->number[i]);
	}
	if (f->currency != NULL)
		(void)buf_printf(b, " %s", f->currency);
	for (i = 0; i < f->header_count; i++) {
		put_part(b, "header", f->headers[i].name);
		put_part(b, "is", f->headers[i].value);
	}
	for (i = 0; i < f->file_count; i++) {
		put_part(b, "attachment.name", f->files[i].name);
		put_part(b, "attachment.type", f->files[i].value);
	}
	for (i = 0; i < f->tag_count; i++)
		put_part(b, "tag", f->tags[i]);
	if (f->now_s != 0)
		(void)buf_printf(b, " at %lld", (long long)f->now_s);
}

static void
rule_print(const void *node, struct buf *b)
{
	const struct rule_node *r = node;
	size_t i;

	(void)buf_printf(b, "on\t%s via ", r->pub.on);
	put_channels(b, r->via);
	put_word(b, "\nif", r->if_text);
	(void)buf_puts(b, "then\t");
	put_actions(b, &r->actions);
	(void)buf_puts(b, r->stop ? " stop\n" : "\n");
	if (r->once_s != 0) {
		(void)buf_puts(b, "once per customer in\t");
		put_duration(b, r->once_s);
		(void)buf_putc(b, '\n');
	}
	(void)buf_puts(b, "examples\t");
	for (i = 0; i < r->examples.n; i++)
		example_print(r->examples.at[i], b);
	(void)buf_putc(b, '\n');
}

/* --- comparing ---------------------------------------------------------- */

typedef void print_fn(const void *node, struct buf *b);

/* The value of a property, or NULL; its length in *n. */
static const char *
property(const char *all, const char *key, size_t key_n, size_t *n)
{
	while (*all != '\0') {
		const char *tab = strchr(all, '\t');
		const char *end = strchr(all, '\n');

		if (tab == NULL || end == NULL)
			return NULL;
		if ((size_t)(tab - all) == key_n &&
		    memcmp(all, key, key_n) == 0) {
			*n = (size_t)(end - tab) - 1;
			return tab + 1;
		}
		all = end + 1;
	}
	return NULL;
}

static void
put_shown(struct buf *b, const char *s, size_t n)
{
	size_t i = 0;
	size_t shown = 0;

	while (i < n && shown < SHOWN_CHARS) {
		i++;
		while (i < n && ((unsigned char)s[i] & 0xC0) == 0x80)
			i++;
		shown++;
	}
	(void)buf_add(b, s, i);
	(void)buf_puts(b, i < n ? "..." : "");
}

/* One line for each property of "to" that is not the same in "from". */
static void
diff_properties(const char *kind, const char *name, const char *from,
		const char *to, bool gone_only, struct buf *b)
{
	const char *line = to;

	while (*line != '\0') {
		const char *tab = strchr(line, '\t');
		const char *end = strchr(line, '\n');
		const char *other;
		size_t n = 0;
		size_t other_n = 0;

		if (tab == NULL || end == NULL)
			return;
		n = (size_t)(end - tab) - 1;
		other = property(from, line, (size_t)(tab - line), &other_n);
		if (gone_only ? other == NULL
			      : other == NULL || other_n != n ||
					memcmp(other, tab + 1, n) != 0) {
			(void)buf_printf(b, "~ %s \"%s\": %.*s ", kind, name,
					 (int)(tab - line), line);
			if (gone_only) {
				put_shown(b, tab + 1, n);
				(void)buf_puts(b, " -> nothing\n");
			} else {
				put_shown(b, other != NULL ? other : "nothing",
					  other != NULL ? other_n : 7);
				(void)buf_puts(b, " -> ");
				put_shown(b, tab + 1, n);
				(void)buf_putc(b, '\n');
			}
		}
		line = end + 1;
	}
}

static const struct word *
find(const struct ptrs *list, const char *name)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		const struct word *w = list->at[i];

		if (strcmp(w->text, name) == 0)
			return w;
	}
	return NULL;
}

static void
diff_kind(const char *kind, const struct ptrs *before, const struct ptrs *after,
	  print_fn *print, struct buf *b)
{
	struct buf x;
	struct buf y;
	size_t i;

	buf_init(&x, PROPERTIES_BYTES);
	buf_init(&y, PROPERTIES_BYTES);
	for (i = 0; i < before->n; i++) {
		const struct word *w = before->at[i];

		if (find(after, w->text) == NULL)
			(void)buf_printf(b, "- %s \"%s\"\n", kind, w->text);
	}
	for (i = 0; i < after->n; i++) {
		const struct word *w = after->at[i];
		const struct word *old = find(before, w->text);

		if (old == NULL) {
			(void)buf_printf(b, "+ %s \"%s\"\n", kind, w->text);
			continue;
		}
		buf_clear(&x);
		buf_clear(&y);
		print(old, &x);
		print(w, &y);
		diff_properties(kind, w->text, buf_str(&x), buf_str(&y), false,
				b);
		diff_properties(kind, w->text, buf_str(&y), buf_str(&x), true,
				b);
	}
	buf_release(&x);
	buf_release(&y);
}

/* Is what stays in another order? It matters for rules, policies, queues. */
static void
diff_order(const char *kind, const struct ptrs *before,
	   const struct ptrs *after, struct buf *b)
{
	size_t k = 0;
	size_t i;

	for (i = 0; i < before->n; i++) {
		const struct word *w = before->at[i];
		const struct word *next = NULL;

		if (find(after, w->text) == NULL)
			continue;
		while (k < after->n && next == NULL) {
			next = after->at[k++];
			if (find(before, next->text) == NULL)
				next = NULL;
		}
		if (next == NULL || strcmp(next->text, w->text) == 0)
			continue;
		(void)buf_printf(b, "~ %s: the order changed at \"%s\"\n", kind,
				 next->text);
		return;
	}
}

void
book_diff(const struct book *before, const struct book *after, struct buf *b)
{
	diff_kind("queue", &before->queues, &after->queues, queue_print, b);
	diff_order("queue", &before->queues, &after->queues, b);
	diff_kind("team", &before->teams, &after->teams, team_print, b);
	diff_kind("list", &before->lists, &after->lists, list_print, b);
	diff_kind("calendar", &before->calendars, &after->calendars,
		  calendar_print, b);
	diff_kind("policy", &before->policies, &after->policies, policy_print,
		  b);
	diff_order("policy", &before->policies, &after->policies, b);
	diff_kind("rule", &before->rules, &after->rules, rule_print, b);
	diff_order("rule", &before->rules, &after->rules, b);
	diff_kind("reply", &before->replies, &after->replies, reply_print, b);
	diff_kind("shop policy", &before->shop_policies, &after->shop_policies,
		  shop_policy_print, b);
}
