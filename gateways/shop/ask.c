#include "gateways/shop/ask.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/shop/take.h"

#define STATUS_AUTH 401
#define STATUS_MANY 429
#define STATUS_SERVER 500
#define SECONDS_DIGITS 6

void
ask_begin(struct buf *b, const struct pull_shop *shop, const char *path)
{
	const char *url = take_str(shop->settings, "url");
	size_t n = url != NULL ? strlen(url) : 0;

	buf_init(b, PULL_URL_MAX);
	while (n > 0 && url[n - 1] == '/')
		n--;
	(void)buf_add(b, url, n);
	(void)buf_puts(b, path);
}

void
ask_query(struct buf *b, const char *name, const char *value)
{
	(void)buf_putc(b, strchr(buf_str(b), '?') == NULL ? '?' : '&');
	http_escape(b, name);
	(void)buf_putc(b, '=');
	http_escape(b, value);
}

void
ask_query_number(struct buf *b, const char *name, int64_t value)
{
	char *s = mem_printf("%" PRId64, value);

	ask_query(b, name, s);
	mem_free(s);
}

bool
ask_end(struct buf *b, char *header, struct pull_ask *ask)
{
	bool fits = !b->full;

	memset(ask, 0, sizeof *ask);
	if (fits) {
		ask->url = buf_take(b);
		ask->header[0] = header;
	} else {
		mem_free(header);
	}
	buf_release(b);
	return fits;
}

/* Milliseconds of a Retry-After in seconds; a date is not read. */
static int64_t
rest_of(const struct pull_answer *a)
{
	const char *s = a->header != NULL
				? a->header(a->header_arg, "retry-after")
				: NULL;
	int64_t ms;

	if (s == NULL || *s == '\0' || strlen(s) > SECONDS_DIGITS ||
	    strspn(s, "0123456789") != strlen(s))
		return ASK_REST_MS;
	ms = strtoll(s, NULL, 10) * 1000;
	return ms < ASK_REST_MS_MAX ? ms : ASK_REST_MS_MAX;
}

bool
ask_status(const struct pull_answer *a, struct pull_told *told, enum outcome *o,
	   struct err *e)
{
	if (a->status == STATUS_MANY || a->status >= STATUS_SERVER) {
		told->again = true;
		told->rest_ms = rest_of(a);
		*o = OUT_OK;
		return false;
	}
	if (a->status == STATUS_AUTH) {
		*o = err_code(e, OUT_PERM, "auth",
			      "the shop does not accept the key");
		return false;
	}
	return true;
}

bool
ask_is_page(const struct pull_answer *a)
{
	static const char *const heads[] = { "<!doctype html", "<html" };
	size_t i = 0;

	while (i < a->n && strchr(" \t\r\n", a->body[i]) != NULL &&
	       a->body[i] != '\0')
		i++;
	for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
		if (a->n - i >= strlen(heads[k]) &&
		    strncasecmp(a->body + i, heads[k], strlen(heads[k])) == 0)
			return true;
	return false;
}

const char *
ask_from(const json_t *run, const char *first)
{
	const char *from = take_str(run, "from");

	return from != NULL ? from : first;
}

int64_t
ask_offset(const json_t *run)
{
	return json_integer_value(json_object_get(run, "offset"));
}

/* Those of the page's last label, for the next page has them again. */
static json_t *
seen_of(const struct ask_page *p, const json_t *records, const char *last)
{
	json_t *seen = json_object();
	json_t *r;
	size_t i;

	json_array_foreach(records, i, r)
	{
		const char *id = take_str(r, p->id);
		const char *changed = take_str(r, p->changed);

		if (id != NULL && changed != NULL && strcmp(changed, last) == 0)
			(void)json_object_set_new(seen, id,
						  json_string(changed));
	}
	return seen;
}

static void
remove_seen(const struct ask_page *p, const json_t *run, json_t *records)
{
	const json_t *seen = json_object_get(run, "seen");

	for (size_t i = json_array_size(records); i-- > 0;) {
		const json_t *r = json_array_get(records, i);
		const char *id = take_str(r, p->id);
		const char *was = id != NULL ? take_str(seen, id) : NULL;
		const char *changed = take_str(r, p->changed);

		if (was != NULL && changed != NULL && strcmp(was, changed) == 0)
			(void)json_array_remove(records, i);
	}
}

void
ask_page(const struct ask_page *p, json_t *run, json_t *records)
{
	size_t n = json_array_size(records);
	/* its own: what was seen before leaves the list */
	json_t *at = n > 0 ? json_incref(json_array_get(records, n - 1)) : NULL;
	const char *last = take_str(at, p->changed);
	const char *from = take_str(run, "from");
	bool same = from != NULL && last != NULL && strcmp(from, last) == 0;
	json_t *seen;

	if (n < p->full || last == NULL) {
		remove_seen(p, run, records);
		(void)json_object_set_new(run, "end", json_true());
		json_decref(at);
		return;
	}
	seen = seen_of(p, records, last);
	remove_seen(p, run, records);
	(void)json_object_set_new(
		run, "offset",
		json_integer(same ? ask_offset(run) + (json_int_t)n : 0));
	(void)json_object_set_new(run, "from", json_string(last));
	if (same)
		(void)json_object_update(seen, json_object_get(run, "seen"));
	(void)json_object_set_new(run, "seen", seen);
	json_decref(at);
}

void
ask_ids_more(json_t *ids, const json_t *records, const char *member)
{
	json_t *r;
	json_t *v;
	size_t i;
	size_t k;

	json_array_foreach(records, i, r)
	{
		const char *s = take_key(r, member);

		if (s == NULL)
			continue;
		json_array_foreach(ids, k, v) if (strcmp(json_string_value(v),
							 s) == 0) break;
		if (k == json_array_size(ids))
			(void)json_array_append_new(ids, json_string(s));
	}
}

json_t *
ask_ids(const json_t *records, const char *member)
{
	json_t *ids = json_array();

	ask_ids_more(ids, records, member);
	return ids;
}

void
ask_join(struct buf *b, const json_t *ids, const char *separator)
{
	json_t *v;
	size_t i;

	json_array_foreach(ids, i, v)
	{
		if (i > 0)
			(void)buf_puts(b, separator);
		(void)buf_puts(b, json_string_value(v));
	}
}
