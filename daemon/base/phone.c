#include "daemon/base/phone.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS_MAX 24 /* with all that is dropped yet */
#define E164_MIN 8
#define E164_MAX 15

/* A country's plan: digits of a national number, and what is dialled before
 * it inside the country. */
struct plan {
	char iso[3];
	const char *code;
	const char *trunk; /* "": nothing, or it stays */
	int low;
	int high;
};

/* One code for several countries: the first row is the one that is found by
 * the code. */
static const struct plan plans[] = {
	{ "US", "1", "1", 10, 10 },   { "CA", "1", "1", 10, 10 },
	{ "DO", "1", "1", 10, 10 },   { "PR", "1", "1", 10, 10 },
	{ "EG", "20", "0", 8, 10 },   { "ZA", "27", "0", 9, 9 },
	{ "GR", "30", "", 10, 10 },   { "NL", "31", "0", 9, 9 },
	{ "BE", "32", "0", 8, 9 },    { "FR", "33", "0", 9, 9 },
	{ "ES", "34", "", 9, 9 },     { "HU", "36", "06", 8, 9 },
	{ "IT", "39", "", 6, 11 },    { "VA", "39", "", 6, 11 },
	{ "RO", "40", "0", 9, 9 },    { "CH", "41", "0", 9, 9 },
	{ "AT", "43", "0", 7, 13 },   { "GB", "44", "0", 9, 10 },
	{ "GG", "44", "0", 10, 10 },  { "JE", "44", "0", 10, 10 },
	{ "DK", "45", "", 8, 8 },     { "SE", "46", "0", 7, 9 },
	{ "NO", "47", "", 8, 8 },     { "PL", "48", "", 9, 9 },
	{ "DE", "49", "0", 6, 11 },   { "PE", "51", "0", 8, 9 },
	{ "MX", "52", "01", 10, 10 }, { "AR", "54", "0", 10, 11 },
	{ "BR", "55", "0", 10, 11 },  { "CL", "56", "0", 9, 9 },
	{ "CO", "57", "0", 8, 10 },   { "VE", "58", "0", 10, 10 },
	{ "AU", "61", "0", 9, 9 },    { "NZ", "64", "0", 8, 10 },
	{ "RU", "7", "8", 10, 10 },   { "KZ", "7", "8", 10, 10 },
	{ "JP", "81", "0", 9, 10 },   { "KR", "82", "0", 8, 10 },
	{ "CN", "86", "0", 10, 11 },  { "TR", "90", "0", 10, 10 },
	{ "IN", "91", "0", 10, 10 },  { "MA", "212", "0", 9, 9 },
	{ "DZ", "213", "0", 8, 9 },   { "TN", "216", "", 8, 8 },
	{ "GI", "350", "", 8, 8 },    { "PT", "351", "", 9, 9 },
	{ "LU", "352", "", 6, 11 },   { "IE", "353", "0", 7, 9 },
	{ "IS", "354", "", 7, 7 },    { "MT", "356", "", 8, 8 },
	{ "CY", "357", "", 8, 8 },    { "FI", "358", "0", 6, 11 },
	{ "BG", "359", "0", 7, 9 },   { "LT", "370", "0", 8, 8 },
	{ "LV", "371", "", 8, 8 },    { "EE", "372", "", 7, 8 },
	{ "AD", "376", "", 6, 9 },    { "MC", "377", "0", 8, 9 },
	{ "SM", "378", "", 6, 10 },   { "UA", "380", "0", 9, 9 },
	{ "RS", "381", "0", 8, 9 },   { "HR", "385", "0", 8, 9 },
	{ "SI", "386", "0", 8, 8 },   { "CZ", "420", "", 9, 9 },
	{ "SK", "421", "0", 9, 9 },   { "GT", "502", "", 8, 8 },
	{ "SV", "503", "", 8, 8 },    { "HN", "504", "", 8, 8 },
	{ "NI", "505", "", 8, 8 },    { "CR", "506", "", 8, 8 },
	{ "PA", "507", "", 7, 8 },    { "BO", "591", "0", 8, 8 },
	{ "EC", "593", "0", 8, 9 },   { "PY", "595", "0", 9, 9 },
	{ "UY", "598", "0", 8, 8 },   { "KW", "965", "", 8, 8 },
	{ "AE", "971", "0", 8, 9 },   { "IL", "972", "0", 8, 9 },
};

/* Argentine areas of three digits; 11 has two, all others have four. */
static const char *const ar_areas[] = {
	"220", "221", "223", "230", "236", "237", "249", "260", "261", "263",
	"264", "266", "280", "291", "294", "297", "298", "299", "336", "341",
	"342", "343", "345", "348", "351", "353", "358", "362", "364", "370",
	"376", "379", "380", "381", "383", "385", "387", "388",
};

static const struct plan *
plan_of_country(const char *country)
{
	size_t i;

	for (i = 0; country != NULL && i < sizeof plans / sizeof *plans; i++)
		if (strcasecmp(plans[i].iso, country) == 0)
			return &plans[i];
	return NULL;
}

/* No code begins with another one. */
static const struct plan *
plan_of_digits(const char *digits)
{
	size_t i;

	for (i = 0; i < sizeof plans / sizeof *plans; i++)
		if (strncmp(digits, plans[i].code, strlen(plans[i].code)) == 0)
			return &plans[i];
	return NULL;
}

/* --- what was written ---------------------------------------------------------- */

/* Length of a separator at p; 0: it is none. Also spaces and marks that are not
 * ASCII: no-break space, those of U+2000 to U+206F, BOM. */
static size_t
separator(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	if (strchr(" \t-./()", *p) != NULL)
		return 1;
	if (u[0] == 0xc2 && u[1] == 0xa0)
		return 2;
	if (u[0] == 0xe2 && (u[1] == 0x80 || u[1] == 0x81) && u[2] != 0)
		return 3;
	if (u[0] == 0xef && u[1] == 0xbb && u[2] == 0xbf)
		return 3;
	return 0;
}

/* Does an extension begin here? */
static bool
is_extension(const char *p)
{
	return *p == '#' || *p == 'x' || *p == 'X' || *p == ';' ||
	       strncasecmp(p, "ext", 3) == 0;
}

/* Digits alone; false: something else is in it. */
static bool
read_digits(const char *p, char out[DIGITS_MAX], bool *plus)
{
	size_t n = 0;

	*plus = false;
	while (*p != '\0' && !(n > 0 && is_extension(p))) {
		size_t skip = separator(p);

		/* +49 (0)30: dialled inside the country only */
		if (*plus && n > 0 && strncmp(p, "(0)", 3) == 0 &&
		    strncmp(out, "39", 2) != 0 && strncmp(out, "378", 3) != 0)
			skip = 3;
		if (skip == 0 && *p == '+' && n == 0 && !*plus) {
			*plus = true;
			skip = 1;
		}
		if (skip > 0) {
			p += skip;
			continue;
		}
		if (!isdigit((unsigned char)*p) || n == DIGITS_MAX - 1)
			return false;
		out[n++] = *p++;
		out[n] = '\0';
	}
	return n > 0;
}

static void
drop(char *digits, size_t n)
{
	memmove(digits, digits + n, strlen(digits + n) + 1);
}

static bool
begins(const char *digits, const char *with)
{
	return *with != '\0' && strncmp(digits, with, strlen(with)) == 0;
}

/* --- national plans -------------------------------------------------------------- */

static size_t
ar_area(const char *national)
{
	size_t i;

	if (begins(national, "11"))
		return 2;
	for (i = 0; i < sizeof ar_areas / sizeof *ar_areas; i++)
		if (begins(national, ar_areas[i]))
			return 3;
	return 4;
}

/* area 15 number: a mobile, 9 area number in E.164. */
static void
mend_argentina(char *national)
{
	size_t area = ar_area(national);

	if (strlen(national) != 12 || strncmp(national + area, "15", 2) != 0)
		return;
	drop(national + area, 2);
	memmove(national + 1, national, strlen(national) + 1);
	national[0] = '9';
}

static void
mend_brazil(char *national)
{
	size_t n = strlen(national);

	/* two digits of whom it is dialled through */
	if (n == 12 || n == 13)
		drop(national, 2);
	if (strlen(national) != 10 || national[2] < '6')
		return;
	memmove(national + 3, national + 2, strlen(national + 2) + 1);
	national[2] = '9';
}

/* What mobiles had before them: 1, 044, 045. */
static void
mend_mexico(char *national)
{
	size_t n = strlen(national);

	if (n == 13 && (begins(national, "044") || begins(national, "045")))
		drop(national, 3);
	else if (n == 11 && national[0] == '1')
		drop(national, 1);
}

static void
mend(const struct plan *p, char *national)
{
	if (strcmp(p->iso, "AR") == 0)
		mend_argentina(national);
	else if (strcmp(p->iso, "BR") == 0)
		mend_brazil(national);
	else if (strcmp(p->iso, "MX") == 0)
		mend_mexico(national);
}

static bool
fits(const struct plan *p, const char *national)
{
	size_t n = strlen(national);

	return n >= (size_t)p->low && n <= (size_t)p->high;
}

/* A national number with what is dialled before it, as the number alone. */
static bool
national_of(const struct plan *p, char *digits)
{
	char whole[DIGITS_MAX];

	memcpy(whole, digits, sizeof whole);
	if (begins(digits, p->trunk))
		drop(digits, strlen(p->trunk));
	mend(p, digits);
	if (fits(p, digits))
		return true;
	/* the country's code without its '+' */
	memcpy(digits, whole, sizeof whole);
	if (!begins(digits, p->code))
		return false;
	drop(digits, strlen(p->code));
	mend(p, digits);
	return fits(p, digits);
}

/* The country's code and the rest; false: not by the country's plan. */
static bool
international(char *digits)
{
	const struct plan *p = plan_of_digits(digits);
	char *national;

	if (digits[0] == '0')
		return false;
	if (p == NULL)
		return true;
	national = digits + strlen(p->code);
	/* +44 0 7700: the 0 is no part of it */
	if (strcmp(p->trunk, "0") == 0 && national[0] == '0')
		drop(national, 1);
	mend(p, national);
	return fits(p, national);
}

bool
phone_e164(const char *raw, const char *country, char out[PHONE_MAX])
{
	const struct plan *p = plan_of_country(country);
	char digits[DIGITS_MAX] = "";
	const char *code = "";
	bool plus = false;
	size_t n;

	out[0] = '\0';
	if (raw == NULL || strnlen(raw, PHONE_RAW_MAX) == PHONE_RAW_MAX)
		return false;
	raw += strspn(raw, " \t");
	if (strncasecmp(raw, "tel:", 4) == 0)
		raw += 4;
	if (!read_digits(raw, digits, &plus))
		return false;
	if (!plus && p != NULL && begins(p->code, "1") &&
	    begins(digits, "011")) {
		drop(digits, 3);
		plus = true;
	} else if (!plus && begins(digits, "00")) {
		drop(digits, 2);
		plus = true;
	}
	if (plus ? !international(digits)
		 : p == NULL || !national_of(p, digits))
		return false;
	if (!plus)
		code = p->code;
	n = strlen(code) + strlen(digits);
	if (n < E164_MIN || n > E164_MAX)
		return false;
	(void)snprintf(out, PHONE_MAX, "+%.3s%.15s", code, digits);
	return true;
}

bool
phone_is_dummy(const char *e164)
{
	size_t n = strlen(e164);
	size_t same = 1;
	size_t up = 1;
	size_t i = n;

	/* runs at its end: seven digits are as long as the shortest number */
	while (i > 1 && e164[i - 1] == e164[i - 2]) {
		same++;
		i--;
	}
	i = n;
	while (i > 1 && isdigit((unsigned char)e164[i - 2]) &&
	       e164[i - 1] == e164[i - 2] + 1) {
		up++;
		i--;
	}
	return same >= 7 || up >= 8;
}
