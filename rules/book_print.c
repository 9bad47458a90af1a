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
	put_word(b, "title", ((const struct queue_node *)node)->pub.title);
}

static void
reply_print(const void *node, struct buf *b)
{
	const struct reply_node *r = node;

	put_word(b, "title", r->pub.title);
	put_word(b, "language", r->pub.language);
	put_word(b, "text", r->pub.text);
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
policy_print(const void *node, struct buf *b)
{
	const struct policy_node *p = node;
	size_t i;

	(void)buf_puts(b, "via\t");
	put_channels(b, p->via);
	put_word(b, "\ncalendar", p->calendar.text);
	(void)buf_puts(b, "first response\t");
	put_duration(b, p->pub.first_response_s);
	(void)buf_puts(b, "\nnext response\t");
	put_duration(b, p->pub.next_response_s);
	(void)buf_puts(b, "\nresolution\t");
	put_duration(b, p->pub.resolution_s);
	(void)buf_puts(b, "\nwarn at\t");
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
}

static void
rule_print(const void *node, struct buf *b)
{
	const struct rule_node *r = node;
	size_t i;

	(void)buf_printf(b, "on\t%s via ", r->event.text);
	put_channels(b, r->via);
	put_word(b, "\nif", r->if_text);
	(void)buf_puts(b, "then\t");
	for (i = 0; i < r->actions.n; i++) {
		const struct action_node *a = r->actions.at[i];

		(void)buf_printf(b, "%s%s \"", i != 0 ? ", " : "",
				 rule_action_name(a->kind));
		put_line(b, a->value.text);
		(void)buf_putc(b, '"');
	}
	(void)buf_puts(b, r->stop ? " stop\n" : "\n");
	(void)buf_puts(b, "examples\t");
	for (i = 0; i < r->examples.n; i++) {
		const struct example_node *x = r->examples.at[i];
		const char *parts[] = { x->facts.text[RULE_FIELD_CHANNEL],
					x->facts.text[RULE_FIELD_MAILBOX],
					x->facts.text[RULE_FIELD_SENDER],
					x->facts.text[RULE_FIELD_SUBJECT],
					x->facts.text[RULE_FIELD_BODY] };
		size_t k;

		(void)buf_puts(b, x->counter ? " not" : " yes");
		for (k = 0; k < sizeof parts / sizeof *parts; k++) {
			(void)buf_puts(b, k != 0 ? "|" : " \"");
			put_line(b, parts[k]);
		}
		(void)buf_putc(b, '"');
	}
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
	diff_kind("calendar", &before->calendars, &after->calendars,
		  calendar_print, b);
	diff_kind("policy", &before->policies, &after->policies, policy_print,
		  b);
	diff_order("policy", &before->policies, &after->policies, b);
	diff_kind("rule", &before->rules, &after->rules, rule_print, b);
	diff_order("rule", &before->rules, &after->rules, b);
	diff_kind("reply", &before->replies, &after->replies, reply_print, b);
}
