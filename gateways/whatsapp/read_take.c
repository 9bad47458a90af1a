#include "gateways/whatsapp/read_take.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/whatsapp/read.h"

#define WORD_MAX 200
#define HASH_MAX 100
#define CUT "\xe2\x80\xa6" /* an ellipsis, where a text was cut */
#define TIME_DIGITS 10     /* of seconds until the year 2286 */
#define NUMBER_MAX 40      /* octets of a string that is a number */
/* 2009, when WhatsApp began, and 2100: other clocks are not believed */
#define TIME_FIRST 1230768000
#define TIME_LAST 4102444800

void
take_set(json_t *to, const char *name, json_t *v)
{
	if (v == NULL)
		return;
	if ((json_is_object(v) && json_object_size(v) == 0) ||
	    (json_is_array(v) && json_array_size(v) == 0)) {
		json_decref(v);
		return;
	}
	(void)json_object_set_new(to, name, v);
}

json_t *
take_object(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return json_is_object(v) ? v : NULL;
}

json_t *
take_array(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return json_is_array(v) ? v : NULL;
}

bool
take_odd(const json_t *o, const char *name, json_type type)
{
	const json_t *v = json_object_get(o, name);

	return v != NULL && !json_is_null(v) && json_typeof(v) != type;
}

/* Every octet of s between ' ' (or beyond it) and '~'? */
static bool
is_ascii(const char *s, char first)
{
	for (; *s != '\0'; s++)
		if (*s < first || *s > '~')
			return false;
	return true;
}

/* No blanks and no control characters; what is not ASCII may be. */
static bool
is_solid(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || *s == 0x7f)
			return false;
	return true;
}

const char *
take_id(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	const char *s = json_string_value(v);

	return s != NULL && s[0] != '\0' &&
			       json_string_length(v) <= WA_ID_MAX && is_solid(s)
		       ? s
		       : NULL;
}

static json_t *
text(const json_t *v, size_t max)
{
	const char *s = json_string_value(v);
	size_t n = json_string_length(v);
	char *cut;
	json_t *out;

	if (s == NULL || n == 0)
		return NULL;
	if (n <= max)
		return json_stringn(s, n);
	cut = mem_printf("%.*s" CUT, (int)utf8_cut(s, n, max - strlen(CUT)), s);
	out = json_string(cut);
	mem_free(cut);
	return out;
}

static json_t *
line(const json_t *v, size_t max)
{
	json_t *cut = text(v, max);
	char *s;
	json_t *out;

	if (cut == NULL)
		return NULL;
	s = mem_strdup(json_string_value(cut));
	for (char *c = s; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	out = json_string(s);
	mem_free(s);
	json_decref(cut);
	return out;
}

static json_t *
ascii(const json_t *v, size_t max, char first)
{
	const char *s = json_string_value(v);

	return s != NULL && s[0] != '\0' && json_string_length(v) <= max &&
			       is_ascii(s, first)
		       ? json_string(s)
		       : NULL;
}

/* A whole number stays one; what has a fraction is a real. */
static json_t *
number(const json_t *v)
{
	const char *s = json_string_value(v);
	char *end;
	long long whole;
	double real;

	if (json_is_integer(v))
		return json_integer(json_integer_value(v));
	if (json_is_real(v))
		return json_real(json_real_value(v));
	if (s == NULL || s[0] == '\0' || strlen(s) > NUMBER_MAX ||
	    strspn(s, "0123456789.-") != strlen(s))
		return NULL;
	errno = 0;
	whole = strtoll(s, &end, 10);
	if (*end == '\0' && errno == 0)
		return json_integer(whole);
	real = strtod(s, &end);
	return *end == '\0' && isfinite(real) ? json_real(real) : NULL;
}

static json_t *
seconds(int64_t s)
{
	return s >= TIME_FIRST && s <= TIME_LAST ? json_integer(s) : NULL;
}

json_t *
take_time(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (s == NULL || s[0] == '\0' || strlen(s) > TIME_DIGITS ||
	    strspn(s, "0123456789") != strlen(s))
		return NULL;
	return seconds(strtoll(s, NULL, 10));
}

static json_t *
take(const json_t *from, const struct take *t)
{
	const json_t *v = json_object_get(from, t->name);
	const char *s;

	switch (t->as) {
	case TAKE_TEXT:
		return text(v, WA_TEXT_MAX);
	case TAKE_SHORT:
		return text(v, WA_SHORT_MAX);
	case TAKE_LINE:
		return line(v, WA_LINE_MAX);
	case TAKE_NAME:
		return line(v, WA_NAME_MAX);
	case TAKE_ID:
		s = take_id(from, t->name);
		return s != NULL ? json_string(s) : NULL;
	case TAKE_WORD:
		return ascii(v, WORD_MAX, ' ');
	case TAKE_HASH:
		return ascii(v, HASH_MAX, ' ');
	case TAKE_URL:
		return ascii(v, WA_URL_MAX, '!');
	case TAKE_BOOL:
		return json_is_boolean(v) ? json_boolean(json_is_true(v))
					  : NULL;
	case TAKE_NUMBER:
		return number(v);
	case TAKE_TIME:
		return json_is_integer(v) ? seconds(json_integer_value(v))
					  : take_time(from, t->name);
	}
	return NULL;
}

void
take_all(json_t *to, const json_t *from, const struct take *table)
{
	for (const struct take *t = table; t->name != NULL; t++)
		take_set(to, t->to != NULL ? t->to : t->name, take(from, t));
}
