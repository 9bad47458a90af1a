#include "rules/zone.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "rules/complain.h"

#define ZONE_DIR "/usr/share/zoneinfo"
#define ZONE_TIMES_MAX 8000
#define ZONE_YEARS 400 /* after which the Gregorian calendar repeats */
#define ZONE_CYCLE_S (INT64_C(146097) * 86400)
#define HEADER 44

struct change {
	int64_t at_s;
	int32_t offset; /* from at_s on */
};

struct zone {
	atomic_int refs;
	struct change *changes;
	size_t n;
	size_t cap;
	int32_t first;   /* offset before the first change */
	int64_t cycle_s; /* from here on the last 400 years repeat; or MAX */
};

/* --- the footer's rule -------------------------------------------------- */

enum day_kind {
	DAY_JULIAN, /* Jn: 1 to 365, never 29 February */
	DAY_ZERO,   /* n: 0 to 365 */
	DAY_WEEK    /* Mm.w.d */
};

struct day_rule {
	enum day_kind kind;
	int day;
	int month;
	int week;
	int32_t time_s;
};

struct posix_rule {
	int32_t std;
	int32_t dst;
	bool has_dst;
	struct day_rule start;
	struct day_rule end;
};

static bool
number(const char **s, int max, int *out)
{
	int v = 0;

	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (**s - '0');
		if (v > max)
			return false;
	}
	*out = v;
	return true;
}

static bool
rule_name(const char **s)
{
	const char *p = *s;

	if (*p == '<') {
		p = strchr(p, '>');
		if (p == NULL)
			return false;
		*s = p + 1;
		return true;
	}
	while ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z'))
		p++;
	if (p - *s < 3)
		return false;
	*s = p;
	return true;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool
rule_time(const char **s, int32_t *out)
{
	int sign = 1;
	int h = 0;
	int m = 0;
	int sec = 0;

	if (**s == '-' || **s == '+')
		sign = *(*s)++ == '-' ? -1 : 1;
	if (!number(s, 167, &h))
		return false;
	if (**s == ':') {
		(*s)++;
		if (!number(s, 59, &m))
			return false;
		if (**s == ':') {
			(*s)++;
			if (!number(s, 59, &sec))
				return false;
		}
	}
	*out = sign * (h * 3600 + m * 60 + sec);
	return true;
}

static bool
rule_day(const char **s, struct day_rule *d)
{
	d->time_s = 7200;
	if (**s == 'M') {
		d->kind = DAY_WEEK;
		(*s)++;
		if (!number(s, 12, &d->month) || d->month < 1 || **s != '.')
			return false;
		(*s)++;
		if (!number(s, 5, &d->week) || d->week < 1 || **s != '.')
			return false;
		(*s)++;
		if (!number(s, 6, &d->day))
			return false;
	} else {
		d->kind = **s == 'J' ? DAY_JULIAN : DAY_ZERO;
		if (**s == 'J')
			(*s)++;
		if (!number(s, 365, &d->day) ||
		    (d->kind == DAY_JULIAN && d->day < 1))
			return false;
	}
	if (**s != '/')
		return true;
	(*s)++;
	return rule_time(s, &d->time_s);
}

static bool
rule_parse(const char *s, struct posix_rule *r)
{
	int32_t west;

	memset(r, 0, sizeof *r);
	if (!rule_name(&s) || !rule_time(&s, &west))
		return false;
	r->std = -west;
	if (*s == '\0')
		return true;
	r->has_dst = true;
	r->dst = r->std + 3600;
	if (!rule_name(&s))
		return false;
	if (*s != ',') {
		if (!rule_time(&s, &west))
			return false;
		r->dst = -west;
	}
	if (*s++ != ',' || !rule_day(&s, &r->start))
		return false;
	return *s++ == ',' && rule_day(&s, &r->end) && *s == '\0';
}

/* The local day (since 1970) of a rule in a year. */
static int64_t
rule_day_of(const struct day_rule *d, int64_t year)
{
	int64_t first = clock_days(year, 1, 1);
	bool leap = clock_days(year + 1, 1, 1) - first == 366;
	int64_t month;
	int64_t next;
	int64_t day;

	if (d->kind == DAY_ZERO)
		return first + d->day;
	if (d->kind == DAY_JULIAN)
		return first + d->day - 1 + (leap && d->day >= 60);
	month = clock_days(year, d->month, 1);
	next = d->month == 12 ? clock_days(year + 1, 1, 1)
			      : clock_days(year, d->month + 1, 1);
	/* 1970-01-01 was a Thursday, day 4 */
	day = month + ((d->day - (month + 4)) % 7 + 7) % 7;
	day += (int64_t)(d->week - 1) * 7;
	while (day >= next)
		day -= 7;
	return day;
}

static void
add(struct zone *z, int64_t at_s, int32_t offset)
{
	if (z->n != 0 && at_s < z->changes[z->n - 1].at_s)
		return; /* the file's own times come first */
	if (z->n != 0 && at_s == z->changes[z->n - 1].at_s) {
		z->changes[z->n - 1].offset = offset;
		return;
	}
	if (z->n == z->cap) {
		z->cap = z->cap != 0 ? z->cap * 2 : 64;
		z->changes = mem_resize(z->changes, z->cap, sizeof *z->changes);
	}
	z->changes[z->n].at_s = at_s;
	z->changes[z->n++].offset = offset;
}

static int64_t
year_of(int64_t t_s)
{
	int64_t days = t_s >= 0 ? t_s / 86400 : -((-t_s + 86399) / 86400);
	int64_t year;
	int month;
	int day;

	clock_date(days, &year, &month, &day);
	return year;
}

/* Write the rule's changes out from the last of the file for one cycle. */
static void
rule_unroll(struct zone *z, const struct posix_rule *r)
{
	int64_t after = z->n != 0 ? z->changes[z->n - 1].at_s : INT64_MIN;
	int64_t year = 1970;
	int64_t last;

	if (!r->has_dst)
		return;
	if (z->n != 0 && after > 0)
		year = year_of(after);
	for (last = year + ZONE_YEARS + 2; year <= last; year++) {
		int64_t on = rule_day_of(&r->start, year) * 86400 +
			     r->start.time_s - r->std;
		int64_t off = rule_day_of(&r->end, year) * 86400 +
			      r->end.time_s - r->dst;

		if (on < off) {
			if (on > after)
				add(z, on, r->dst);
			if (off > after)
				add(z, off, r->std);
		} else {
			if (off > after)
				add(z, off, r->std);
			if (on > after)
				add(z, on, r->dst);
		}
	}
	z->cycle_s = clock_days(last, 1, 1) * 86400;
}

/* --- the file ----------------------------------------------------------- */

struct tzif {
	const unsigned char *p;
	size_t n;
	uint32_t isut, isstd, leap, times, types, chars;
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

static int64_t
be64(const unsigned char *p)
{
	return (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

static bool
header(struct tzif *f)
{
	if (f->n < HEADER || memcmp(f->p, "TZif", 4) != 0 || f->p[4] < '2')
		return false;
	f->isut = be32(f->p + 20);
	f->isstd = be32(f->p + 24);
	f->leap = be32(f->p + 28);
	f->times = be32(f->p + 32);
	f->types = be32(f->p + 36);
	f->chars = be32(f->p + 40);
	/* files with leap seconds count other seconds than ours */
	return f->isut <= 256 && f->isstd <= 256 && f->leap == 0 &&
	       f->times <= ZONE_TIMES_MAX && f->types >= 1 && f->types <= 256 &&
	       f->chars <= 4096;
}

static size_t
block_bytes(const struct tzif *f, size_t time_bytes)
{
	return f->times * (time_bytes + 1) + f->types * 6 + f->chars +
	       f->leap * (time_bytes + 4) + f->isstd + f->isut;
}

static bool
block_read(struct zone *z, const struct tzif *f)
{
	const unsigned char *times = f->p + HEADER;
	const unsigned char *index = times + (size_t)f->times * 8;
	const unsigned char *types = index + f->times;
	int64_t last = INT64_MIN;
	uint32_t i;

	for (i = 0; i < f->types; i++) {
		int32_t off = (int32_t)be32(types + (size_t)i * 6);

		if (off < -ZONE_OFFSET_MAX_S || off > ZONE_OFFSET_MAX_S)
			return false;
	}
	z->first = (int32_t)be32(types);
	for (i = 0; i < f->times; i++) {
		int64_t at = be64(times + (size_t)i * 8);

		if (index[i] >= f->types || (i != 0 && at <= last))
			return false;
		last = at;
		add(z, at, (int32_t)be32(types + (size_t)index[i] * 6));
	}
	return true;
}

static bool
footer_read(struct zone *z, const unsigned char *p, size_t n)
{
	struct posix_rule r;
	char text[128];
	const unsigned char *end;

	if (n < 2 || p[0] != '\n')
		return false;
	end = memchr(p + 1, '\n', n - 1);
	if (end == NULL || (size_t)(end - p) > sizeof text)
		return false;
	n = (size_t)(end - p) - 1;
	memcpy(text, p + 1, n);
	text[n] = '\0';
	if (n == 0)
		return true;
	if (strlen(text) != n || !rule_parse(text, &r))
		return false;
	if (z->n == 0 && !r.has_dst)
		z->first = r.std;
	rule_unroll(z, &r);
	return true;
}

enum outcome
zone_read(const unsigned char *p, size_t n, struct zone **out, struct err *e)
{
	struct tzif f = { .p = p, .n = n };
	struct zone *z;
	size_t skip;

	if (n > ZONE_FILE_BYTES || !header(&f))
		goto bad;
	skip = HEADER + block_bytes(&f, 4);
	if (skip > n)
		goto bad;
	f.p += skip;
	f.n -= skip;
	if (!header(&f) || HEADER + block_bytes(&f, 8) > f.n)
		goto bad;
	z = mem_new(1, sizeof *z);
	atomic_init(&z->refs, 1);
	z->cycle_s = INT64_MAX;
	skip = HEADER + block_bytes(&f, 8);
	if (!block_read(z, &f) || !footer_read(z, f.p + skip, f.n - skip)) {
		zone_free(&z);
		goto bad;
	}
	*out = z;
	return OUT_OK;
bad:
	return err_set(e, OUT_PERM, "not a time zone file (TZif 2 or newer)");
}

static bool
name_safe(const char *name)
{
	size_t i;

	if (name[0] == '\0' || name[0] == '/' || strlen(name) > 60)
		return false;
	for (i = 0; name[i] != '\0'; i++) {
		char c = name[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_' || c == '-' ||
		      c == '+' || c == '/'))
			return false;
	}
	return true;
}

static FILE *
open_in_dir(const char *name)
{
	const char *dir = getenv("TZDIR");
	char *path = mem_printf("%s/%s", dir != NULL ? dir : ZONE_DIR, name);
	FILE *f = fopen(path, "re");

	mem_free(path);
	return f;
}

enum outcome
zone_open(const char *name, struct zone **out, struct err *e)
{
	unsigned char *p;
	enum outcome o;
	size_t n;
	FILE *f;

	if (!name_safe(name))
		return err_set(e, OUT_PERM, "unknown time zone '%.60s'", name);
	f = open_in_dir(name);
	if (f == NULL)
		return err_set(e, OUT_PERM, "unknown time zone '%s'", name);
	p = mem_new(ZONE_FILE_BYTES + 1, 1);
	n = fread(p, 1, ZONE_FILE_BYTES + 1, f);
	(void)fclose(f);
	o = zone_read(p, n, out, e);
	if (o != OUT_OK)
		o = err_set(e, OUT_PERM, "cannot read time zone '%s'", name);
	mem_free(p);
	return o;
}

struct zone *
zone_ref(struct zone *z)
{
	(void)atomic_fetch_add(&z->refs, 1);
	return z;
}

void
zone_free(struct zone **z)
{
	if (*z != NULL && atomic_fetch_sub(&(*z)->refs, 1) == 1) {
		mem_free((*z)->changes);
		mem_free(*z);
	}
	*z = NULL;
}

int32_t
zone_offset(const struct zone *z, int64_t t_s, int64_t *until_out)
{
	int64_t shift = 0;
	size_t lo = 0;
	size_t hi = z->n;

	if (t_s >= z->cycle_s) {
		shift = (t_s - z->cycle_s) / ZONE_CYCLE_S + 1;
		shift *= ZONE_CYCLE_S;
		t_s -= shift;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (z->changes[mid].at_s <= t_s)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo < z->n)
		*until_out = z->changes[lo].at_s + shift;
	else
		*until_out = z->cycle_s != INT64_MAX ? z->cycle_s + shift
						     : INT64_MAX;
	return lo != 0 ? z->changes[lo - 1].offset : z->first;
}

void
zone_guess(struct guess *g, char name[64])
{
	FILE *f = open_in_dir("tzdata.zi");
	char line[256];

	if (f == NULL)
		return;
	while (fgets(line, sizeof line, f) != NULL) {
		char at[64] = "";
		bool found = sscanf(line, "Z %63s", at) == 1 ||
			     sscanf(line, "L %*s %63s", at) == 1;

		if (found) {
			const char *before = g->best;

			guess_offer(g, at);
			if (g->best == at) {
				memcpy(name, at, sizeof at);
				g->best = name;
			} else {
				g->best = before;
			}
		}
	}
	(void)fclose(f);
}

bool
zone_edition(char out[ZONE_EDITION_MAX])
{
	FILE *f = open_in_dir("tzdata.zi");
	char line[256];
	bool found = false;

	out[0] = '\0';
	if (f == NULL)
		return false;
	if (fgets(line, sizeof line, f) != NULL)
		found = sscanf(line, "# version %31s", out) == 1;
	(void)fclose(f);
	return found;
}
