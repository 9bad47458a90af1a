#include "gateways/shop/take.h"

#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/mem.h"
#include "daemon/base/phone.h"
#include "daemon/base/utf8.h"

#define CUT "\xe2\x80\xa6" /* an ellipsis, where a text was cut */
#define WHOLE_DIGITS 15
#define EMAIL_MAX 254
#define PHONE_DIGITS 5 /* fewer are no telephone's */
#define DELETE 0x7f

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

const char *
take_str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

const char *
take_key(const json_t *o, const char *name)
{
	const char *s = take_str(o, name);

	return s != NULL && strcmp(s, "0") != 0 ? s : NULL;
}

bool
take_flag(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);
	const char *s = json_string_value(v);

	return json_is_true(v) ||
	       (s != NULL && (strcmp(s, "1") == 0 || strcmp(s, "true") == 0));
}

bool
take_whole(const json_t *o, const char *name, int64_t *out)
{
	const char *s = take_str(o, name);
	bool below = s != NULL && s[0] == '-';
	int64_t v = 0;
	size_t n;

	if (s == NULL)
		return false;
	s += below;
	n = strspn(s, "0123456789");
	if (n == 0 || n > WHOLE_DIGITS)
		return false;
	for (size_t i = 0; i < n; i++)
		v = v * 10 + (s[i] - '0');
	s += n;
	if (*s == '.')
		s += 1 + strspn(s + 1, "0");
	if (*s != '\0')
		return false;
	*out = below ? -v : v;
	return true;
}

json_t *
take_object(const json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);

	return json_is_object(v) && json_object_size(v) > 0 ? v : NULL;
}

static void
row(json_t *rows, json_t *v, size_t max)
{
	if (json_is_object(v) && json_array_size(rows) < max)
		(void)json_array_append(rows, v);
}

/* Is every member an object? A map of rows then, and no row. */
static bool
is_map_of_rows(const json_t *o)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)o, key,
			    v) if (!json_is_object(v)) return false;
	return true;
}

json_t *
take_list(const json_t *o, const char *name, size_t max)
{
	json_t *from = json_object_get(o, name);
	json_t *rows = json_array();
	const char *key;
	json_t *v;
	size_t i;

	json_array_foreach(from, i, v) row(rows, v, max);
	if (json_is_object(from) && !is_map_of_rows(from))
		row(rows, from, max);
	else
		json_object_foreach(from, key, v) row(rows, v, max);
	return rows;
}

json_t *
take_rows(const json_t *o, const char *name)
{
	return take_list(o, name, TAKE_ROWS_MAX);
}

static json_t *
text(const char *s, size_t max)
{
	size_t n = strlen(s);
	char *cut;
	json_t *out;

	if (n <= max)
		return json_stringn(s, n);
	cut = mem_printf("%.*s" CUT, (int)utf8_cut(s, n, max - strlen(CUT)), s);
	out = json_string(cut);
	mem_free(cut);
	return out;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == DELETE;
}

/* In one line, without blanks at its ends. */
static json_t *
line(const char *from)
{
	char *s = mem_strdup(from);
	char *start = s;
	json_t *out = NULL;
	size_t n;

	for (char *c = s; *c != '\0'; c++)
		if (is_control(*c))
			*c = ' ';
	start += strspn(start, " ");
	n = strlen(start);
	while (n > 0 && start[n - 1] == ' ')
		start[--n] = '\0';
	if (n > 0)
		out = text(start, TAKE_LINE_MAX);
	mem_free(s);
	return out;
}

/* Text of lines: no control characters but line feeds and tabs. */
static json_t *
lines(const char *from)
{
	char *s = mem_strdup(from);
	char *to = s;
	json_t *out;

	for (const char *c = s; *c != '\0'; c++)
		if (!is_control(*c) || *c == '\n' || *c == '\t')
			*to++ = *c;
	*to = '\0';
	out = s[0] != '\0' ? text(s, TAKE_TEXT_MAX) : NULL;
	mem_free(s);
	return out;
}

/* No control characters, and of blanks none, or only single inner ones. */
static bool
is_name(const char *s, bool blanks)
{
	size_t n = strlen(s);

	if (n == 0 || n > TAKE_ID_MAX || s[0] == ' ' || s[n - 1] == ' ')
		return false;
	for (; *s != '\0'; s++)
		if (is_control(*s) || (*s == ' ' && !blanks))
			return false;
	return true;
}

static json_t *
email(const char *from)
{
	char *s = mem_strdup(from);
	char *start = s + strspn(s, " \t\r\n");
	size_t n = strlen(start);
	const char *at;
	json_t *out = NULL;

	while (n > 0 && strchr(" \t\r\n", start[n - 1]) != NULL)
		start[--n] = '\0';
	at = strchr(start, '@');
	if (n <= EMAIL_MAX && is_name(start, false) && at != NULL &&
	    at != start && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
	    strpbrk(start, "<>,;\"()") == NULL) {
		ascii_fold(start);
		out = json_string(start);
	}
	mem_free(s);
	return out;
}

static json_t *
phone(const char *s)
{
	size_t digits = 0;

	if (strlen(s) > PHONE_RAW_MAX)
		return NULL;
	for (const char *c = s; *c != '\0'; c++)
		digits += *c >= '0' && *c <= '9';
	return digits >= PHONE_DIGITS ? line(s) : NULL;
}

static json_t *
country(const char *s)
{
	char two[3] = "";

	if (strlen(s) != 2)
		return NULL;
	for (int i = 0; i < 2; i++) {
		two[i] = ascii_upper(s[i]);
		if (two[i] < 'A' || two[i] > 'Z')
			return NULL;
	}
	return json_string(two);
}

static json_t *
url(const char *s)
{
	if (strlen(s) > TAKE_URL_MAX ||
	    (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0))
		return NULL;
	for (const char *c = s; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c) != NULL)
			return NULL;
	return json_string(s);
}

json_t *
take_one(const json_t *from, const char *name, enum take_as as)
{
	const char *s = take_str(from, name);

	if (s == NULL)
		return NULL;
	switch (as) {
	case TAKE_LINE:
		return line(s);
	case TAKE_TEXT:
		return lines(s);
	case TAKE_ID:
		return is_name(s, false) ? json_string(s) : NULL;
	case TAKE_NUMBER:
		return is_name(s, true) ? json_string(s) : NULL;
	case TAKE_EMAIL:
		return email(s);
	case TAKE_PHONE:
		return phone(s);
	case TAKE_COUNTRY:
		return country(s);
	case TAKE_URL:
		return url(s);
	}
	return NULL;
}

void
take_all(json_t *to, const json_t *from, const struct take *table)
{
	for (const struct take *t = table; t->name != NULL; t++)
		take_set(to, t->to != NULL ? t->to : t->name,
			 take_one(from, t->name, t->as));
}

void
take_phone(json_t *to, const json_t *from, const char *name,
	   const char *country)
{
	json_t *raw = take_one(from, name, TAKE_PHONE);
	char e164[PHONE_MAX];

	if (raw == NULL)
		return;
	if (phone_e164(json_string_value(raw), country, e164))
		(void)json_object_set_new(to, "phone_e164", json_string(e164));
	take_set(to, "phone_raw", raw);
}

void
take_full_name(json_t *to, const json_t *from, const char *first,
	       const char *last)
{
	const char *a = take_str(from, first);
	const char *b = take_str(from, last);
	char *both =
		mem_printf("%s %s", a != NULL ? a : "", b != NULL ? b : "");

	take_set(to, "name", line(both));
	mem_free(both);
}
