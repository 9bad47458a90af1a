#include "daemon/base/clock.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *shift_file;
static pthread_once_t shift_once = PTHREAD_ONCE_INIT;

static void
shift_find(void)
{
	shift_file = getenv("POSTIGO_TEST_CLOCK_FILE");
}

static int64_t
shift_ms(void)
{
	FILE *f;
	long long s = 0;

	(void)pthread_once(&shift_once, shift_find);
	if (shift_file == NULL)
		return 0;
	f = fopen(shift_file, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%lld", &s) != 1)
		s = 0;
	(void)fclose(f);
	return (int64_t)s * 1000;
}

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
clock_now_ms(void)
{
	return read_ms(CLOCK_REALTIME) + shift_ms();
}

int64_t
clock_tick_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

/* Days algorithm: Howard Hinnant, "chrono-compatible low-level date
 * algorithms", 2013; eras of 400 years, years that begin in March. */
int64_t
clock_days(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return era * 146097 + doe - 719468;
}

void
clock_date(int64_t days, int64_t *year, int *month, int *day)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = yoe + era * 400 + (*month <= 2 ? 1 : 0);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a % b < 0 ? a / b - 1 : a / b;
}

/* So many digits of v, zeros before it. Returns where they end. */
static char *
put_digits(char *at, int n, int v)
{
	int i;

	for (i = n - 1; i >= 0; i--) {
		at[i] = (char)('0' + v % 10);
		v /= 10;
	}
	return at + n;
}

/* "2026-01-05T09:00:00" into out; returns where it ends. By hand: a list of 50
 * incidents has some 200 instants. */
static char *
put_iso(int64_t t_s, char out[32])
{
	int64_t days = floor_div(t_s, 86400);
	int rest = (int)(t_s - days * 86400);
	char *at = out;
	int64_t y;
	int m;
	int d;

	clock_date(days, &y, &m, &d);
	if (y < 0 || y > 9999)
		at += snprintf(out, 32, "%04lld", (long long)y);
	else
		at = put_digits(at, 4, (int)y);
	*at++ = '-';
	at = put_digits(at, 2, m);
	*at++ = '-';
	at = put_digits(at, 2, d);
	*at++ = 'T';
	at = put_digits(at, 2, rest / 3600);
	*at++ = ':';
	at = put_digits(at, 2, rest / 60 % 60);
	*at++ = ':';
	return put_digits(at, 2, rest % 60);
}

void
clock_iso_s(int64_t t_s, char out[32])
{
	memcpy(put_iso(t_s, out), "Z", 2);
}

void
clock_iso_ms(int64_t t_ms, char out[32])
{
	int64_t t_s = floor_div(t_ms, 1000);
	char *at = put_iso(t_s, out);

	*at++ = '.';
	memcpy(put_digits(at, 3, (int)(t_ms - t_s * 1000)), "Z", 2);
}

static bool
digits(const char *s, int n, int *out)
{
	int i;
	int v = 0;

	for (i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

static int
month_days(int y, int m)
{
	static const int len[] = { 31, 28, 31, 30, 31, 30,
				   31, 31, 30, 31, 30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return m == 2 && leap ? 29 : len[m - 1];
}

static bool
parse_fraction(const char *s, int *ms)
{
	int scale = 100;

	*ms = 0;
	if (*s == '.') {
		s++;
		if (*s < '0' || *s > '9')
			return false;
		for (; *s >= '0' && *s <= '9'; s++) {
			*ms += (*s - '0') * scale;
			scale /= 10;
		}
	}
	return s[0] == 'Z' && s[1] == '\0';
}

bool
clock_parse(const char *s, int64_t *t_ms_out)
{
	int y, mo, d, h, mi, sec, ms;

	if (!digits(s, 4, &y) || s[4] != '-' || !digits(s + 5, 2, &mo) ||
	    s[7] != '-' || !digits(s + 8, 2, &d) || s[10] != 'T' ||
	    !digits(s + 11, 2, &h) || s[13] != ':' || !digits(s + 14, 2, &mi) ||
	    s[16] != ':' || !digits(s + 17, 2, &sec) ||
	    !parse_fraction(s + 19, &ms))
		return false;
	if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > month_days(y, mo) ||
	    h > 23 || mi > 59 || sec > 59)
		return false;
	*t_ms_out = ((clock_days(y, mo, d) * 24 + h) * 60 + mi) * 60000 +
		    sec * 1000 + ms;
	return true;
}
