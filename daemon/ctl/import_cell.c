#include "daemon/ctl/import_cell.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/base/money.h"

#define CELL_BYTES_MAX 64 /* of a cell with a figure */
#define COUNT_MAX 1000000
#define NBSP "\xc2\xa0"
#define THIN_NBSP "\xe2\x80\xaf"
#define THIN "\xe2\x80\x89"
#define MINUS "\xe2\x88\x92"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* --- money ---------------------------------------------------------------- */

/* How long is what stands at s and may separate thousands: a space of any
 * kind, or an apostrophe? 0: it is something else. */
static size_t
gap(const char *s)
{
	static const char *const gaps[] = { " ",       "'",  NBSP,
					    THIN_NBSP, THIN, "\xe2\x80\x99" };

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
		if (strncmp(s, gaps[i], strlen(gaps[i])) == 0)
			return strlen(gaps[i]);
	return 0;
}

/* The same of a currency: its sign, or three capitals. */
static size_t
currency(const char *s)
{
	static const char *const signs[] = { "\xe2\x82\xac", "$", "\xc2\xa3",
					     "\xc2\xa5" };

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strncmp(s, signs[i], strlen(signs[i])) == 0)
			return strlen(signs[i]);
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 ? 3 : 0;
}

static const char *
over_gaps(const char *s)
{
	for (size_t n; (n = gap(s)) > 0;)
		s += n;
	return s;
}

/* How long is the sign at s? 0: there is none. */
static size_t
sign(const char *s, bool *minus)
{
	size_t n = strncmp(s, MINUS, strlen(MINUS)) == 0 ? strlen(MINUS)
							 : *s == '-';

	*minus = n > 0;
	return n > 0 ? n : *s == '+';
}

/*
 * The figure of a cell without its currency: digits, marks and gaps between
 * them, in out; thousands by gaps are a single ' '. false: it has others.
 */
static bool
figure(const char *s, bool *minus, char out[CELL_BYTES_MAX])
{
	size_t n;

	s = over_gaps(s);
	n = sign(s, minus);
	s = over_gaps(s + n);
	s = over_gaps(s + currency(s));
	if (n == 0) /* $-5 */
		s = over_gaps(s + sign(s, minus));
	n = 0;
	while (n + 1 < CELL_BYTES_MAX) {
		if (is_digit(*s) || *s == '.' || *s == ',') {
			out[n++] = *s++;
		} else if (gap(s) > 0 && is_digit(s[gap(s)])) {
			out[n++] = ' ';
			s += gap(s);
		} else {
			break;
		}
	}
	out[n] = '\0';
	s = over_gaps(s);
	return *over_gaps(s + currency(s)) == '\0' &&
	       strpbrk(out, "0123456789");
}

static size_t
how_many(const char *s, char c)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == c;
	return n;
}

/* Of a figure with one mark alone, of one kind. */
static enum cell_mark
single_mark(const char *t, char c)
{
	enum cell_mark it = c == '.' ? MARK_POINT : MARK_COMMA;
	enum cell_mark other = c == '.' ? MARK_COMMA : MARK_POINT;
	const char *at = strchr(t, c);
	size_t before = (size_t)(at - t);

	if (how_many(t, c) > 1)
		return other;
	if (strchr(t, ' ') != NULL || strlen(at + 1) != 3 || before == 0 ||
	    before > 3 || t[0] == '0')
		return it;
	return MARK_EITHER;
}

enum cell_mark
cell_mark(const char *s)
{
	char t[CELL_BYTES_MAX];
	char plain[CELL_MONEY_MAX];
	bool minus;
	enum cell_mark m = MARK_EITHER;

	if (!figure(s, &minus, t))
		return MARK_BAD;
	if (strchr(t, '.') == NULL && strchr(t, ',') == NULL)
		m = MARK_NONE;
	else if (strchr(t, ',') == NULL)
		m = single_mark(t, '.');
	else if (strchr(t, '.') == NULL)
		m = single_mark(t, ',');
	else
		m = strrchr(t, '.') > strrchr(t, ',') ? MARK_POINT : MARK_COMMA;
	if (m == MARK_COMMA || m == MARK_POINT)
		return cell_money(s, m, plain) ? m : MARK_BAD;
	return cell_money(s, MARK_POINT, plain) ? m : MARK_BAD;
}

/* Whole units without their thousands' marks, behind out[*n]; false: groups
 * are not of three. end: where decimals begin, or the text's end. */
static bool
whole_units(const char *t, const char *end, char group, char *out, size_t *n)
{
	size_t run = 0; /* digits of this group */
	bool first = true;

	for (; t < end; t++) {
		if (is_digit(*t)) {
			if (*n >= MONEY_DIGITS_MAX || (!first && run == 3))
				return false;
			out[(*n)++] = *t;
			run++;
			continue;
		}
		if ((*t != group && *t != ' ') || run == 0 || run > 3 ||
		    (!first && run != 3))
			return false;
		first = false;
		run = 0;
	}
	return first || run == 3;
}

bool
cell_money(const char *s, enum cell_mark mark, char out[CELL_MONEY_MAX])
{
	char decimal = mark == MARK_COMMA ? ',' : '.';
	char group = mark == MARK_COMMA ? '.' : ',';
	char t[CELL_BYTES_MAX];
	char digits[MONEY_DIGITS_MAX + 1] = "";
	size_t whole = 0;
	const char *point;
	size_t n;
	bool minus;

	if (!figure(s, &minus, t))
		return false;
	point = strchr(t, decimal);
	if (!whole_units(t, point != NULL ? point : t + strlen(t), group,
			 digits, &whole))
		return false;
	digits[whole] = '\0';
	n = point != NULL ? strspn(point + 1, "0123456789") : 0;
	if (point != NULL && (n == 0 || point[1 + n] != '\0'))
		return false;
	if (whole + n > MONEY_DIGITS_MAX)
		return false;
	(void)snprintf(out, CELL_MONEY_MAX, "%s%s%s%.*s", minus ? "-" : "",
		       whole > 0 ? digits : "0", n > 0 ? "." : "", (int)n,
		       n > 0 ? point + 1 : "");
	return true;
}

bool
cell_count(const char *s, enum cell_mark mark, int64_t *out)
{
	char t[CELL_MONEY_MAX];
	int64_t v = 0;
	const char *p = t;

	if (!cell_money(s, mark, t))
		return false;
	for (p += *p == '-'; is_digit(*p); p++)
		if ((v = v * 10 + (*p - '0')) > COUNT_MAX)
			return false;
	if (*p == '.' && p[1 + strspn(p + 1, "0")] != '\0')
		return false;
	*out = t[0] == '-' ? -v : v;
	return true;
}

/* --- instants ------------------------------------------------------------- */

/* Up to max digits at *s, at least one. -1: there are none. */
static int
number(const char **s, int max)
{
	int v = 0;
	int n = 0;

	for (; n < max && is_digit(**s); n++)
		v = v * 10 + (*(*s)++ - '0');
	return n > 0 ? v : -1;
}

struct day {
	int part[3]; /* in the order that they are written in */
	bool year_first;
};

static bool
is_between(char c)
{
	return c == '-' || c == '/' || c == '.';
}

static bool
read_day(const char **s, struct day *d)
{
	const char *from = *s;
	char between;

	d->part[0] = number(s, 4);
	d->year_first = *s - from == 4;
	between = **s;
	if (d->part[0] < 0 || !is_between(between))
		return false;
	(*s)++;
	d->part[1] = number(s, 2);
	if (d->part[1] < 0 || **s != between)
		return false;
	(*s)++;
	from = *s;
	d->part[2] = number(s, d->year_first ? 2 : 4);
	return d->part[2] >= 0 && (d->year_first || *s - from == 4) &&
	       !is_digit(**s);
}

/* Is it a way of saying "never"? */
static bool
says_none(const char *s)
{
	return *s == '\0' || strspn(s, "0-/.: T") == strlen(s);
}

enum cell_order
cell_order(const char *s)
{
	struct day d;
	int a;
	int b;

	if (says_none(s))
		return ORDER_NONE;
	s += strspn(s, " ");
	if (!read_day(&s, &d))
		return ORDER_BAD;
	if (d.year_first)
		return ORDER_ISO;
	a = d.part[0];
	b = d.part[1];
	if (a < 1 || b < 1 || (a > 12 && b > 12) || a > 31 || b > 31)
		return ORDER_BAD;
	if (a > 12)
		return ORDER_DAY;
	return b > 12 ? ORDER_MONTH : ORDER_EITHER;
}

/* 10:30, 10:30:00, 10:30:00.123, 10:30 PM: seconds of the day; -1: none. */
static int64_t
read_clock(const char **s)
{
	int h = number(s, 2);
	int m = -1;
	int sec = 0;

	if (h >= 0 && **s == ':') {
		(*s)++;
		m = number(s, 2);
	}
	if (m >= 0 && **s == ':') {
		(*s)++;
		sec = number(s, 2);
		if (sec >= 0 && (**s == '.' || **s == ','))
			*s += 1 + strspn(*s + 1, "0123456789");
	}
	if (h < 0 || m < 0 || sec < 0 || h > 23 || m > 59 || sec > 60)
		return -1;
	*s += strspn(*s, " ");
	if (strncasecmp(*s, "am", 2) == 0 || strncasecmp(*s, "pm", 2) == 0) {
		if (h < 1 || h > 12)
			return -1;
		h = h % 12 + (**s == 'p' || **s == 'P' ? 12 : 0);
		*s += 2;
	}
	return (int64_t)h * 3600 + (int64_t)m * 60 + sec;
}

/* Z, UTC, GMT, +01:00, +0100, +01; nothing is right as well. */
static bool
read_offset(const char **s, struct cell_time *t)
{
	bool east;
	int h;
	int m = 0;

	*s += strspn(*s, " ");
	if (**s == '\0')
		return true;
	t->offset = true;
	if (strcmp(*s, "Z") == 0 || strcmp(*s, "UTC") == 0 ||
	    strcmp(*s, "GMT") == 0) {
		*s += strlen(*s);
		return true;
	}
	if (**s != '+' && **s != '-')
		return false;
	east = *(*s)++ == '+';
	h = number(s, 2);
	*s += **s == ':';
	if (**s != '\0')
		m = number(s, 2);
	if (h < 0 || h > 18 || m < 0 || m > 59)
		return false;
	t->offset_s = (h * 3600 + m * 60) * (east ? 1 : -1);
	return true;
}

/* The day's number since 1970. false: there is no such day. */
static bool
day_number(const struct day *d, enum cell_order order, int64_t *out)
{
	int year = d->year_first ? d->part[0] : d->part[2];
	int month = d->part[1];
	int day = d->year_first ? d->part[2] : d->part[0];
	int64_t y;
	int m;
	int back;

	if (!d->year_first && order == ORDER_MONTH) {
		month = d->part[0];
		day = d->part[1];
	}
	if (!d->year_first && order != ORDER_DAY && order != ORDER_MONTH)
		return false;
	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	*out = clock_days(year, month, day);
	clock_date(*out, &y, &m, &back);
	return y == year && m == month && back == day;
}

bool
cell_time(const char *s, enum cell_order order, struct cell_time *out)
{
	struct day d;
	int64_t days;
	int64_t clock = 0;

	*out = (struct cell_time){ .offset = false };
	s += strspn(s, " ");
	if (!read_day(&s, &d) || !day_number(&d, order, &days))
		return false;
	if (*s == 'T' || *s == ' ') {
		s++;
		s += strspn(s, " ");
		if (*s != '\0') {
			clock = read_clock(&s);
			if (clock < 0 || !read_offset(&s, out))
				return false;
		}
	}
	s += strspn(s, " ");
	out->label_s = days * 86400 + clock;
	return *s == '\0';
}
