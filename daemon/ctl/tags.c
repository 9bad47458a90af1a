#include "daemon/ctl/tags.h"

#include <string.h>
#include <strings.h>

static const char blank[] = " \t\r\n";

/* Without the white space at its ends, in place. */
static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, blank);
	for (n = strlen(s); n > 0 && strchr(blank, s[n - 1]) != NULL; n--)
		s[n - 1] = '\0';
	return s;
}

/* A letter, then letters, digits and '_'. */
static bool
is_name(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char rest[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return *s != '\0' && strchr(letters, *s) != NULL &&
	       s[strspn(s, rest)] == '\0';
}

static bool
add(struct tags *t, char *one)
{
	char *eq = strchr(one, '=');
	char *name;

	if (eq == NULL || t->n == TAGS_MAX)
		return false;
	*eq = '\0';
	name = trim(one);
	if (!is_name(name) || tags_value(t, name) != NULL)
		return false;
	t->name[t->n] = name;
	t->value[t->n++] = trim(eq + 1);
	return true;
}

bool
tags_read(const char *list, struct tags *out)
{
	size_t n = strlen(list);
	char *p = out->text;

	out->n = 0;
	if (n >= sizeof out->text)
		return false;
	(void)memcpy(out->text, list, n + 1);
	for (;;) {
		char *end = strchr(p, ';');

		if (end != NULL)
			*end = '\0';
		else if (*trim(p) == '\0')
			return true; /* the last ';' may stand alone */
		if (!add(out, p))
			return false;
		if (end == NULL)
			return true;
		p = end + 1;
	}
}

const char *
tags_value(const struct tags *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->name[i], name) == 0)
			return t->value[i];
	return NULL;
}

const char *
tags_first(const struct tags *t)
{
	return t->n > 0 ? t->name[0] : "";
}

bool
tags_has(const char *value, char between, const char *word)
{
	const char stop[2] = { between, '\0' };
	size_t want = strlen(word);

	for (;;) {
		size_t n;
		size_t len;

		value += strspn(value, blank);
		n = strcspn(value, stop);
		for (len = n; len > 0 && strchr(blank, value[len - 1]) != NULL;)
			len--;
		if (len == want && strncasecmp(value, word, want) == 0)
			return true;
		if (value[n] == '\0')
			return false;
		value += n + 1;
	}
}
