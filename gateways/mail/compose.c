#include "gateways/mail/compose.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/child.h"

#define CHUNK 393216
#define MAIL_MAX ((size_t)100 * 1024 * 1024)
#define OCTETS_MAX ((size_t)60 * 1024 * 1024)

struct compose {
	struct bus *bus;
	struct child *parser;
	json_t *delivery;
	compose_fn *fn; /* NULL: forgotten */
	void *arg;
	struct buf octets; /* of its attachments */
	size_t file;       /* the one that is fetched */
	size_t got;        /* octets of it */
	bool flying;       /* a call waits for its answer */
};

static void
release(struct compose *c)
{
	json_decref(c->delivery);
	buf_release(&c->octets);
	mem_free(c);
}

/* The end: fn runs once. Whoever holds c frees it. */
static void
end(struct compose *c, enum outcome o, struct buf *mail, const struct err *e)
{
	compose_fn *fn = c->fn;

	c->fn = NULL;
	if (fn)
		fn(c->arg, o, mail, e);
}

static void
fail(struct compose *c, enum outcome o, const char *why)
{
	struct err e;

	(void)err_set(&e, o, "%.400s", why);
	end(c, o, NULL, &e);
}

static void
build(struct compose *c)
{
	struct buf mail;
	struct err e = { .text = "" };
	enum outcome o;

	buf_init(&mail, MAIL_MAX);
	o = child_ask(c->parser, CHILD_BUILD, c->delivery, buf_str(&c->octets),
		      c->octets.len, NULL, &mail, &e);
	if (o == OUT_PERM && strcmp(e.code, "died") == 0)
		o = OUT_TEMP;
	end(c, o, o == OUT_OK ? &mail : NULL, &e);
	buf_release(&mail);
}

static void fetch(struct compose *c);

static json_t *
file_at(const struct compose *c)
{
	return json_array_get(json_object_get(c->delivery, "attachments"),
			      c->file);
}

static void
take_piece(struct compose *c, const struct bus_reply *r)
{
	const char *data =
		json_string_value(json_object_get(r->result, "data"));
	size_t before = c->octets.len;

	if (r->outcome != OUT_OK) {
		fail(c, r->outcome == OUT_PERM ? OUT_PERM : OUT_TEMP,
		     r->err.text);
		return;
	}
	if (!data || !hash_unb64(&c->octets, data, strlen(data)) ||
	    c->octets.len == before) {
		fail(c, c->octets.full ? OUT_PERM : OUT_TEMP,
		     "an attachment came back broken");
		return;
	}
	c->got += c->octets.len - before;
	if ((json_int_t)c->got >=
	    json_integer_value(json_object_get(file_at(c), "size"))) {
		c->file++;
		c->got = 0;
	}
	fetch(c);
}

static void
fetched(void *arg, const struct bus_reply *r)
{
	struct compose *c = arg;

	c->flying = false;
	if (c->fn)
		take_piece(c, r);
	if (!c->flying)
		release(c);
}

/* What needs no fetching: a text that came along, or nothing at all. */
static bool
is_here(struct compose *c, json_t *file)
{
	const json_t *text = json_object_get(file, "text");
	size_t n = json_string_length(text);

	if (!text && json_integer_value(json_object_get(file, "size")) != 0)
		return false;
	json_object_set_new(file, "offset",
			    json_integer((json_int_t)c->octets.len));
	json_object_set_new(file, "size", json_integer((json_int_t)n));
	(void)buf_add(&c->octets, json_string_value(text), n);
	c->file++;
	return true;
}

/* Fetch the next piece of the attachments; build when all are here. */
static void
fetch(struct compose *c)
{
	json_t *file = file_at(c);
	struct err e;
	json_t *p;

	while (file && is_here(c, file))
		file = file_at(c);
	if (!file) {
		build(c);
		return;
	}
	if (!c->got)
		json_object_set_new(file, "offset",
				    json_integer((json_int_t)c->octets.len));
	p = json_pack("{s:O, s:O, s:I, s:i}", "sha256",
		      json_object_get(file, "sha256"), "message",
		      json_object_get(c->delivery, "message"), "offset",
		      (json_int_t)c->got, "length", CHUNK);
	if (!p)
		fail(c, OUT_PERM, "the delivery has a broken attachment");
	else if (bus_call(c->bus, "blob.get", p, NULL, NULL, fetched, c, &e) ==
		 OUT_OK)
		c->flying = true;
	else
		fail(c, OUT_TEMP, e.text);
}

struct compose *
compose_start(struct bus *bus, struct child *parser, json_t *delivery,
	      compose_fn *fn, void *arg)
{
	struct compose *c = mem_new(1, sizeof(*c));

	c->bus = bus;
	c->parser = parser;
	c->delivery = json_incref(delivery);
	c->fn = fn;
	c->arg = arg;
	buf_init(&c->octets, OCTETS_MAX);
	fetch(c);
	if (c->flying)
		return c;
	release(c);
	return NULL;
}

void
compose_cancel(struct compose **cp)
{
	if (*cp)
		(*cp)->fn = NULL; /* fetched() frees it */
	*cp = NULL;
}

char *
compose_crlf(struct buf *mail, size_t *n_out)
{
	const char *s = buf_str(mail);
	size_t n = mail->len, lines = 1, at = 0;
	char *out;

	for (size_t i = 0; i < n; i++)
		lines += s[i] == '\n' || s[i] == '\r';
	out = mem_new(n + lines + 2, 1);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '\r' || s[i] == '\n') {
			if (s[i] == '\r' && i + 1 < n && s[i + 1] == '\n')
				i++;
			out[at++] = '\r';
			out[at++] = '\n';
		} else {
			out[at++] = s[i];
		}
	}
	if (at < 2 || out[at - 1] != '\n') {
		out[at++] = '\r';
		out[at++] = '\n';
	}
	buf_release(mail);
	*n_out = at;
	return out;
}
