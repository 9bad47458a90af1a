#include "daemon/authentic.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define VALUE_MAX 4096 /* octets of a header; what is beyond is not looked at */
#define WORDS_MAX 32   /* of one result */

/* A header without its comments and quotes; longer ones are cut. */
static void
bare(const char *value, char out[VALUE_MAX])
{
	size_t n = 0;
	int depth = 0;

	for (; *value != '\0' && n < VALUE_MAX - 1; value++) {
		if (*value == '(')
			depth++;
		else if (*value == ')' && depth > 0)
			depth--;
		else if (depth == 0 && *value != '"')
			out[n++] = *value;
	}
	out[n] = '\0';
}

/* What stands before the next separator of a set; p moves behind it. NULL at
 * the end. */
static char *
next(char **p, const char *separators)
{
	char *word;

	*p += strspn(*p, separators);
	if (**p == '\0')
		return NULL;
	word = *p;
	*p += strcspn(*p, separators);
	if (**p != '\0')
		*(*p)++ = '\0';
	return word;
}

/* Is it the address's domain, or one that it lies under? */
static bool
belongs(const char *domain, const char *from)
{
	const char *own = strrchr(from, '@');
	size_t n = strlen(domain);
	size_t m;

	if (own == NULL || strchr(domain, '.') == NULL)
		return false;
	own++;
	m = strlen(own);
	if (m < n || strcasecmp(own + m - n, domain) != 0)
		return false;
	return m == n || own[m - n - 1] == '.';
}

/* What each method names the domain by. SPF's is aligned by comparing it. */
static const struct {
	const char *pass;
	const char *property;
} proofs[] = { { "dmarc=pass", "header.from=" },
	       { "dkim=pass", "header.d=" },
	       { "dkim=pass", "header.i=" },
	       { "spf=pass", "smtp.mailfrom=" } };

/* Is "header.d=shop.example" of that method, and of the address's domain? */
static bool
names(const char *method, const char *word, const char *from)
{
	size_t i;

	for (i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
		size_t n = strlen(proofs[i].property);
		const char *at;

		if (strcasecmp(method, proofs[i].pass) != 0 ||
		    strncasecmp(word, proofs[i].property, n) != 0)
			continue;
		at = strrchr(word + n, '@');
		if (belongs(at != NULL ? at + 1 : word + n, from))
			return true;
	}
	return false;
}

/* "dkim=pass header.d=shop.example": is it a proof? */
static bool
proves(char *result, const char *from)
{
	const char *method = next(&result, " \t\r\n");
	const char *word;
	int i;

	for (i = 0; method != NULL && i < WORDS_MAX; i++) {
		word = next(&result, " \t\r\n");
		if (word == NULL)
			return false;
		if (names(method, word, from))
			return true;
	}
	return false;
}

/* Did it fail DMARC? Then nothing of it is proved. */
static bool
refutes(const char *result)
{
	static const char fail[] = "dmarc=fail";

	result += strspn(result, " \t\r\n");
	return strncasecmp(result, fail, sizeof fail - 1) == 0 &&
	       strchr(" \t\r\n", result[sizeof fail - 1]) != NULL;
}

/* One header: -1: another server's; else whether it proves the address. */
static int
header_says(const char *value, const char *server, const char *from)
{
	char text[VALUE_MAX];
	char *p = text;
	char *part;
	const char *id;
	bool proved = false;

	bare(value, text);
	part = next(&p, ";");
	id = part != NULL ? next(&part, " \t\r\n") : NULL;
	if (id == NULL || strcasecmp(id, server) != 0)
		return -1;
	while ((part = next(&p, ";")) != NULL) {
		if (refutes(part))
			return 0;
		proved = proved || proves(part, from);
	}
	return proved;
}

bool
authentic_from(const json_t *headers, const char *server, const char *from)
{
	const json_t *h;
	size_t i;

	if (server == NULL || *server == '\0' || from == NULL)
		return false;
	json_array_foreach(headers, i, h)
	{
		const char *name =
			json_string_value(json_object_get(h, "name"));
		const char *value =
			json_string_value(json_object_get(h, "value"));
		int says;

		if (name == NULL || value == NULL ||
		    strcasecmp(name, "Authentication-Results") != 0)
			continue;
		says = header_says(value, server, from);
		if (says >= 0)
			return says == 1;
	}
	return false;
}
