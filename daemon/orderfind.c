#include "daemon/orderfind.h"

#include <ctype.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/decide.h"
#include "daemon/order_in.h"
#include "daemon/order_link.h"
#include "daemon/store/incident.h"
#include "daemon/store/orderfact.h"
#include "rules/rule.h"

#define KEY_LEAST 4
#define KEY_LEAST_MARKED 2  /* after '#' */
#define REFERENCE_LETTERS 9 /* of PrestaShop's references */

/* --- what may be a number ------------------------------------------------- */

static bool
key_char(char c)
{
	return isalnum((unsigned char)c) && (unsigned char)c < 0x80;
}

static bool
is_reference(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] < 'A' || p[i] > 'Z')
			return false;
	return n == REFERENCE_LETTERS;
}

static bool
has_digit(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (isdigit((unsigned char)p[i]))
			return true;
	return false;
}

/* One word, with the hyphens that are in it. */
static void
add(struct order_keys *keys, const char *p, size_t n, bool marked)
{
	char word[ORDERFIND_KEY_MAX];
	char key[ORDERFIND_KEY_MAX];
	size_t i;

	if (n >= sizeof word || keys->n == ORDERFIND_KEYS)
		return;
	if (!has_digit(p, n) && !is_reference(p, n))
		return;
	memcpy(word, p, n);
	word[n] = '\0';
	order_key(word, key, sizeof key);
	if (strlen(key) < (marked ? KEY_LEAST_MARKED : KEY_LEAST))
		return;
	for (i = 0; i < keys->n; i++)
		if (strcmp(keys->key[i], key) == 0)
			return;
	memcpy(keys->key[keys->n++], key, sizeof key);
}

/* A run of words that hyphens join: all of it, and each of them. */
static void
add_run(struct order_keys *keys, const char *p, size_t n, bool marked)
{
	size_t from = 0;
	size_t i;

	add(keys, p, n, marked);
	if (memchr(p, '-', n) == NULL)
		return;
	for (i = 0; i <= n; i++) {
		if (i < n && p[i] != '-')
			continue;
		if (i > from)
			add(keys, p + from, i - from, false);
		from = i + 1;
	}
}

void
orderfind_keys(const char *text, struct order_keys *keys)
{
	size_t max = strnlen(text, ORDERFIND_TEXT_MAX);
	size_t i = 0;

	while (i < max) {
		size_t n = 0;

		while (i + n < max &&
		       (key_char(text[i + n]) ||
			(text[i + n] == '-' && n > 0 && i + n + 1 < max &&
			 key_char(text[i + n + 1]))))
			n++;
		if (n == 0) {
			i++;
			continue;
		}
		add_run(keys, text + i, n, i > 0 && text[i - 1] == '#');
		i += n;
	}
}

/* --- whose it is ---------------------------------------------------------- */

static void
found_add(struct orders_found *out, int64_t id, const char *how)
{
	size_t i;

	for (i = 0; i < out->n; i++)
		if (out->ids[i] == id)
			return;
	if (out->n == ORDERFIND_MAX)
		return;
	out->ids[out->n] = id;
	out->how[out->n++] = how;
}

/* how: static. */
static enum outcome
look_up(struct store *s, int64_t customer_id, const struct order_keys *keys,
	const char *how, struct orders_found *out, struct err *e)
{
	enum outcome o = OUT_OK;
	int64_t id;
	size_t i;
	int n;

	for (i = 0; o == OUT_OK && i < keys->n; i++) {
		o = order_by_number(s, keys->key[i], customer_id, 1, &id, &n,
				    e);
		if (o == OUT_OK && n > 0)
			found_add(out, id, how);
	}
	return o;
}

enum outcome
orderfind_contact(struct store *s, int64_t customer_id, const char *subject,
		  const char *text, const char *page, struct orders_found *out,
		  struct err *e)
{
	struct order_keys keys = { .n = 0 };
	int64_t orders = 0;
	enum outcome o = OUT_OK;

	out->n = 0;
	if (customer_id != 0)
		o = order_count(s, customer_id, &orders, e);
	if (o != OUT_OK || orders == 0)
		return o;
	if (subject != NULL)
		orderfind_keys(subject, &keys);
	if (text != NULL)
		orderfind_keys(text, &keys);
	o = look_up(s, customer_id, &keys, "text", out, e);
	keys.n = 0;
	if (page != NULL)
		orderfind_keys(page, &keys);
	return o == OUT_OK ? look_up(s, customer_id, &keys, "page", out, e) : o;
}

/* Add what is not among them; false: there is no room for more. */
static bool
named_add(int64_t ids[ORDERFIND_NAMED], int *n, int64_t id)
{
	int i;

	for (i = 0; i < *n; i++)
		if (ids[i] == id)
			return true;
	if (*n == ORDERFIND_NAMED)
		return false;
	ids[(*n)++] = id;
	return true;
}

enum outcome
orderfind_named(struct store *s, int64_t incident_id,
		int64_t ids_out[ORDERFIND_NAMED], int *n_out, struct err *e)
{
	struct order_keys keys = { .n = 0 };
	int64_t ids[ORDERFIND_NAMED];
	bool room = true;
	char *words;
	size_t i;
	int n;
	enum outcome o = order_words(s, incident_id, &words, e);

	*n_out = 0;
	if (o == OUT_OK)
		orderfind_keys(words, &keys);
	mem_free(words);
	for (i = 0; o == OUT_OK && room && i < keys.n; i++) {
		if (strlen(keys.key[i]) < ORDERFIND_NAMED_KEY)
			continue;
		o = order_by_number_others(s, keys.key[i], incident_id,
					   ORDERFIND_NAMED, ids, &n, e);
		while (o == OUT_OK && n > 0 && room)
			room = named_add(ids_out, n_out, ids[--n]);
	}
	return o;
}

int64_t
orderfind_told(const struct orders_found *found)
{
	int64_t id = 0;
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->ids[i] > id)
			id = found->ids[i];
	return id;
}

/* An incident that is about too many is about no more. */
static enum outcome
link_one(struct store *s, int64_t incident_id, int64_t order_id,
	 const char *how, int64_t now_ms, bool *full_out, struct err *e)
{
	bool changed;
	enum outcome o = order_link(s, incident_id, order_id, how, 0, now_ms,
				    &changed, e);

	*full_out = o == OUT_PERM && strcmp(e->code, "conflict") == 0;
	return *full_out ? OUT_OK : o;
}

enum outcome
orderfind_link(struct store *s, int64_t incident_id,
	       const struct orders_found *found, int64_t now_ms, struct err *e)
{
	enum outcome o = OUT_OK;
	bool full = false;
	size_t i;

	for (i = 0; o == OUT_OK && !full && i < found->n; i++)
		o = link_one(s, incident_id, found->ids[i], found->how[i],
			     now_ms, &full, e);
	return o;
}

enum outcome
orderfind_rule(struct decision *dc, const struct incident *inc,
	       const struct rule_action *a, const char **why_out, struct err *e)
{
	char key[ORDER_ID_MAX + 1];
	int64_t ids[2];
	bool full = false;
	int n = 0;
	enum outcome o = OUT_OK;

	*why_out = "unknown";
	order_key(a->value, key, sizeof key);
	if (key[0] == '\0')
		return OUT_OK;
	if (inc->customer_id != 0)
		o = order_by_number(dc->s, key, inc->customer_id, 1, ids, &n,
				    e);
	if (o == OUT_OK && n == 0)
		o = order_by_number(dc->s, key, 0, 2, ids, &n, e);
	if (o != OUT_OK || n == 0)
		return o;
	*why_out = n > 1 ? "several" : NULL;
	if (n > 1)
		return OUT_OK;
	o = link_one(dc->s, inc->id, ids[0], "rule", dc->now_ms, &full, e);
	if (full)
		*why_out = "too_many";
	return o;
}
