#include "gateways/mail/calendar.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"

#define LINE_MAX_OCTETS ((size_t)32 * 1024)
#define VALUE_MAX_OCTETS ((size_t)16 * 1024)
#define LINES_MAX 20000

/* What is shown of one event. */
struct event {
	struct buf summary, start, end, where, who, words, state;
	bool open;  /* between BEGIN and END */
	bool reply; /* an invitation is answered */
	int inner;  /* alarms and the like inside of it */
};

/* One content line, unfolded: NAME;PARAMS:VALUE. */
struct line {
	const char *name;
	size_t name_len;
	const char *params;
	size_t params_len;
	const char *value;
};

static void
event_init(struct event *e)
{
	memset(e, 0, sizeof(*e));
	buf_init(&e->summary, VALUE_MAX_OCTETS);
	buf_init(&e->start, VALUE_MAX_OCTETS);
	buf_init(&e->end, VALUE_MAX_OCTETS);
	buf_init(&e->where, VALUE_MAX_OCTETS);
	buf_init(&e->who, VALUE_MAX_OCTETS);
	buf_init(&e->words, VALUE_MAX_OCTETS);
	buf_init(&e->state, VALUE_MAX_OCTETS);
}

static void
event_release(struct event *e)
{
	buf_release(&e->summary);
	buf_release(&e->start);
	buf_release(&e->end);
	buf_release(&e->where);
	buf_release(&e->who);
	buf_release(&e->words);
	buf_release(&e->state);
}

/* The next content line, its folds joined; false: the end. */
static bool
next_line(const char *p, size_t n, size_t *at, struct buf *out)
{
	buf_clear(out);
	if (*at >= n)
		return false;
	do {
		const char *nl = memchr(p + *at, '\n', n - *at);
		size_t end = nl ? (size_t)(nl - p) : n, len = end - *at;

		if (len && p[*at + len - 1] == '\r')
			len--;
		(void)buf_add(out, p + *at, len);
		*at = nl ? end + 1 : n;
		if (*at < n && (p[*at] == ' ' || p[*at] == '\t'))
			(*at)++;
		else
			break;
	} while (*at < n);
	return true;
}

/* A colon or semicolon within quotes belongs to a parameter's value. */
static bool
split(const char *s, struct line *l)
{
	size_t i = strcspn(s, ";:");
	bool quoted = false;

	l->name = s;
	l->name_len = i;
	l->params = s + i;
	for (; s[i] && (quoted || s[i] != ':'); i++)
		if (s[i] == '"')
			quoted = !quoted;
	if (!s[i])
		return false;
	l->params_len = (size_t)(s + i - l->params);
	l->value = s + i + 1;
	return true;
}

static bool
is(const struct line *l, const char *name)
{
	return l->name_len == strlen(name) &&
	       strncasecmp(l->name, name, l->name_len) == 0;
}

/* The value of a parameter, without its quotes, appended. */
static void
param(const struct line *l, const char *name, struct buf *out)
{
	size_t n = strlen(name);
	const char *s = l->params, *end = s + l->params_len;
	bool quoted = false, here = false;

	for (; s < end; s++) {
		if (!quoted && *s == ';') {
			if (here)
				return;
			here = (size_t)(end - s) > n + 1 &&
			       strncasecmp(s + 1, name, n) == 0 &&
			       s[n + 1] == '=';
			if (here)
				s += n + 1;
		} else if (*s == '"') {
			quoted = !quoted;
		} else if (here) {
			(void)buf_putc(out, *s);
		}
	}
}

static void
put_text(struct buf *out, const char *s)
{
	buf_clear(out);
	for (; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
			(void)buf_putc(out, *s == 'n' || *s == 'N' ? '\n' : *s);
		} else {
			(void)buf_putc(out, *s);
		}
	}
}

static bool
digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < '0' || s[i] > '9')
			return false;
	return true;
}

/* "20260105T090000Z" to "2026-01-05 09:00 (UTC)"; else as it stands. */
static void
put_when(struct buf *out, const struct line *l)
{
	const char *v = l->value;
	size_t n = strlen(v);
	struct buf zone;

	buf_clear(out);
	buf_init(&zone, 200);
	param(l, "TZID", &zone);
	if (n >= 8 && digits(v, 8)) {
		(void)buf_printf(out, "%.4s-%.2s-%.2s", v, v + 4, v + 6);
		if (n >= 13 && v[8] == 'T' && digits(v + 9, 4)) {
			(void)buf_printf(out, " %.2s:%.2s", v + 9, v + 11);
			if (v[n - 1] == 'Z')
				(void)buf_puts(out, " (UTC)");
			else if (zone.len)
				(void)buf_printf(out, " (%s)", zone.data);
		}
	} else {
		(void)buf_add(out, v, n);
	}
	buf_release(&zone);
}

/* The end of whole days is the day after the last one (RFC 5545 3.6.1). */
static void
put_last_day(struct buf *out, const struct line *l)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };
	int y = 0, m = 0, d = 0;

	put_when(out, l);
	if (out->len != 10 || strlen(l->value) != 8 ||
	    sscanf(l->value, "%4d%2d%2d", &y, &m, &d) != 3 || m < 1 || m > 12)
		return;
	if (--d == 0) {
		if (--m == 0) {
			m = 12;
			y--;
		}
		d = lengths[m - 1] +
		    (m == 2 && y % 4 == 0 && (y % 100 != 0 || y % 400 == 0));
	}
	buf_clear(out);
	(void)buf_printf(out, "%04d-%02d-%02d", y, m, d);
}

static void
put_who(struct buf *out, const struct line *l)
{
	const char *v = l->value;

	buf_clear(out);
	param(l, "CN", out);
	if (strncasecmp(v, "mailto:", 7) == 0)
		v += 7;
	if (!*v || (out->len && strcasecmp(out->data, v) == 0))
		return;
	if (out->len)
		(void)buf_printf(out, " <%s>", v);
	else
		(void)buf_puts(out, v);
}

/* What the one who answers says. */
static void
put_answer(struct event *e, const struct line *l)
{
	static const struct {
		const char *code, *words;
	} table[] = {
		{ "ACCEPTED", "Aceptada / Accepted" },
		{ "DECLINED", "Rechazada / Declined" },
		{ "TENTATIVE", "Quizá / Tentative" },
	};
	struct buf b;

	buf_init(&b, 40);
	param(l, "PARTSTAT", &b);
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (strcasecmp(buf_str(&b), table[i].code) == 0) {
			buf_clear(&e->state);
			(void)buf_puts(&e->state, table[i].words);
		}
	buf_release(&b);
}

static void
property(struct event *e, const struct line *l)
{
	if (is(l, "ATTENDEE") && e->reply)
		put_answer(e, l);
	else if (is(l, "SUMMARY"))
		put_text(&e->summary, l->value);
	else if (is(l, "LOCATION"))
		put_text(&e->where, l->value);
	else if (is(l, "DESCRIPTION"))
		put_text(&e->words, l->value);
	else if (is(l, "DTSTART"))
		put_when(&e->start, l);
	else if (is(l, "DTEND"))
		put_last_day(&e->end, l);
	else if (is(l, "ORGANIZER"))
		put_who(&e->who, l);
}

static void
put_line(struct buf *out, const char *s, size_t n)
{
	while (n && strchr(" \t\n", s[n - 1]))
		n--;
	if (!n)
		return;
	(void)buf_add(out, s, n);
	(void)buf_putc(out, '\n');
}

/* The day is not said twice, nor the zone. */
static void
put_span(struct buf *out, const struct event *e)
{
	const char *from = buf_str(&e->start), *to = buf_str(&e->end);
	const char *zone = strstr(from, " (");
	size_t n = e->start.len;

	if (!n)
		return;
	if (zone && strstr(to, zone))
		n = (size_t)(zone - from);
	(void)buf_add(out, from, n);
	if (e->end.len && strcmp(from, to) != 0) {
		if (n > 11 && e->end.len > 11 && memcmp(from, to, 11) == 0)
			to += 11;
		(void)buf_printf(out, " – %s", to);
	} else if (n < e->start.len) {
		(void)buf_puts(out, zone);
	}
	(void)buf_putc(out, '\n');
}

static void
put_event(struct buf *out, const struct event *e)
{
	if (out->len)
		(void)buf_putc(out, '\n');
	put_line(out, buf_str(&e->state), e->state.len);
	put_line(out, buf_str(&e->summary), e->summary.len);
	put_span(out, e);
	put_line(out, buf_str(&e->where), e->where.len);
	put_line(out, buf_str(&e->who), e->who.len);
	if (e->words.len) {
		(void)buf_putc(out, '\n');
		put_line(out, buf_str(&e->words), e->words.len);
	}
}

/* An invitation that is taken back must not be read as one. */
static void
put_method(struct event *e, const char *method)
{
	if (strcasecmp(method, "CANCEL") == 0)
		(void)buf_puts(&e->state, "Cancelada / Cancelled");
	e->reply = strcasecmp(method, "REPLY") == 0;
	if (e->reply)
		(void)buf_puts(&e->state, "Respuesta / Response");
	else if (strcasecmp(method, "COUNTER") == 0)
		(void)buf_puts(&e->state, "Otra propuesta / Counter-proposal");
}

static bool
begins(const struct line *l, const char *name)
{
	return is(l, "BEGIN") && strcasecmp(l->value, name) == 0;
}

/* One line; true: an event is complete. */
static bool
take(struct event *e, const struct line *l, const char *method)
{
	if (!e->open) {
		if (begins(l, "VEVENT") || begins(l, "VTODO")) {
			event_release(e);
			event_init(e);
			e->open = true;
			put_method(e, method);
		}
	} else if (is(l, "BEGIN")) {
		e->inner++;
	} else if (is(l, "END")) {
		if (e->inner-- == 0) {
			e->open = false;
			return true;
		}
	} else if (e->inner == 0) {
		property(e, l);
	}
	return false;
}

void
calendar_text(struct buf *out, const char *p, size_t n)
{
	struct buf raw, method, text;
	struct event e;
	struct line l;
	size_t at = 0;
	int events = 0, lines = 0;

	buf_init(&raw, LINE_MAX_OCTETS);
	buf_init(&method, 40);
	buf_init(&text, out->max - out->len);
	event_init(&e);
	while (events < CALENDAR_EVENTS_MAX && lines++ < LINES_MAX &&
	       next_line(p, n, &at, &raw)) {
		if (!split(buf_str(&raw), &l))
			continue;
		if (is(&l, "METHOD")) {
			buf_clear(&method);
			(void)buf_puts(&method, l.value);
		} else if (take(&e, &l, buf_str(&method))) {
			put_event(&text, &e);
			events++;
		}
	}
	(void)utf8_clean(out, buf_str(&text), text.len);
	event_release(&e);
	buf_release(&raw);
	buf_release(&method);
	buf_release(&text);
}
