#include "gateways/mail/contact.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/frame.h"
#include "gateways/mail/child.h"
#include "gateways/mail/head.h"

#define BLOBS_MAX 201 /* attachments and the raw octets */
#define CHUNK ((size_t)384 * 1024)
#define FRAME_ROOM 8192             /* of a frame for what is around params */
#define MEASURE ((size_t)40 * 1024) /* smaller mails always fit a frame */
#define SMALL_TEXT ((size_t)32 * 1024)
#define CRUDE_TEXT ((size_t)4096)
#define CRUDE_SUBJECT 300
#define WARNINGS_MAX 50

struct blob {
	const char *p; /* in raw or octets */
	size_t n;
	char sha256[HASH_HEX];
};

struct contact {
	json_t *params; /* of contact.add */
	char *raw;
	size_t raw_len;
	struct buf octets;
	struct blob blobs[BLOBS_MAX];
	size_t blob_count;
	size_t blob;   /* the one that is put now */
	size_t offset; /* in it */
	size_t sent;   /* of the chunk that waits for its answer */
	unsigned serial;
	bool done;
};

static json_t *
clean_string(const char *p, size_t n, size_t max)
{
	struct buf b;
	json_t *o;

	buf_init(&b, max * 3 + 16);
	(void)utf8_clean(&b, p, n < max ? n : max);
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.data[i] < ' ' && b.data[i] != '\n' &&
		    b.data[i] != '\t')
			b.data[i] = ' ';
	o = json_stringn(buf_str(&b), b.len);
	buf_release(&b);
	return o ? o : json_string("");
}

static json_t *
crude_ids(const struct head *h, const char *name)
{
	json_t *list = json_array();
	struct buf id;
	size_t at = 0;

	buf_init(&id, HEAD_VALUE_MAX);
	while (json_array_size(list) < 100 &&
	       head_id(head_value(h, name), &at, &id))
		if (utf8_valid(buf_str(&id), id.len))
			json_array_append_new(list,
					      json_stringn(id.data, id.len));
	buf_release(&id);
	return list;
}

/* Something like a@b in the From field, or NULL. */
static json_t *
crude_from(const struct head *h)
{
	const char *s = head_value(h, "From"), *at = strrchr(s, '@');
	const char *from = at, *to = at;

	if (!at)
		return NULL;
	while (from > s &&
	       (isalnum((unsigned char)from[-1]) || strchr("._%+-=", from[-1])))
		from--;
	for (to++; isalnum((unsigned char)*to) || *to == '.' || *to == '-';)
		to++;
	if (from == at || to == at + 1 || to - from > 254)
		return NULL;
	return json_pack("{s:o}", "address",
			 json_stringn(from, (size_t)(to - from)));
}

/* The fields of a mail that the parser could not read. */
static json_t *
unparsed(const struct head *h, const char *raw, size_t n)
{
	const char *subject = head_value(h, "Subject");
	json_t *o = json_object(), *from = crude_from(h);

	json_object_set_new(
		o, "subject",
		clean_string(subject, strlen(subject), CRUDE_SUBJECT));
	json_object_set_new(
		o, "text",
		clean_string(raw + h->body, n - h->body, CRUDE_TEXT));
	if (from)
		json_object_set_new(o, "from", from);
	json_object_set_new(o, "in_reply_to", crude_ids(h, "In-Reply-To"));
	json_object_set_new(o, "references", crude_ids(h, "References"));
	json_object_set_new(o, "robot", json_true());
	json_object_set_new(o, "warnings", json_pack("[s]", "unparsed"));
	return o;
}

/* The members of the parser's answer that the bus takes. */
static void
copy_fields(json_t *params, const json_t *mail)
{
	static const char *const names[] = {
		"from",       "recipients", "subject",     "text",
		"reply_text", "html",       "in_reply_to", "references",
		"reply_to",   "cc",         "attachments", "robot",
		"warnings",   "headers",    "forward",
	};
	static const size_t caps[][2] = { { 8, 20 } }; /* reply_to */

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_t *v = json_object_get(mail, names[i]);

		if (v && !json_is_null(v))
			json_object_set(params, names[i], v);
	}
	for (size_t i = 0; i < sizeof(caps) / sizeof(*caps); i++) {
		json_t *v = json_object_get(params, names[caps[i][0]]);

		while (json_array_size(v) > caps[i][1])
			json_array_remove(v, json_array_size(v) - 1);
	}
}

/* Parts that only say how the mail is made stay in its raw octets alone. */
static void
drop_hidden(json_t *params)
{
	json_t *list = json_object_get(params, "attachments");

	for (size_t i = json_array_size(list); i > 0; i--)
		if (json_is_true(json_object_get(json_array_get(list, i - 1),
						 "hidden")))
			json_array_remove(list, i - 1);
}

/* How long a text is without the white space at its end. */
static size_t
length_of(const json_t *text)
{
	const char *s = json_string_value(text);
	size_t n = json_string_length(text);

	while (n > 0 && strchr(" \t\r\n", s[n - 1]) != NULL)
		n--;
	return n;
}

/* What is new is often all there is: it goes once. */
static void
drop_same_reply(json_t *params)
{
	const json_t *text = json_object_get(params, "text");
	const json_t *reply = json_object_get(params, "reply_text");
	size_t n = length_of(text);

	if (n == length_of(reply) &&
	    (n == 0 ||
	     memcmp(json_string_value(text), json_string_value(reply), n) == 0))
		json_object_del(params, "reply_text");
}

/* What the parser says of robots and bounces, as the bus names it. */
static void
copy_hints(json_t *params, const json_t *mail)
{
	static const char *const names[][2] = {
		{ "automatic", "automatic" },
		{ "may_auto_respond", "may_respond" },
		{ "loop", "loop" },
		{ "returned", "bounce" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		json_t *v = json_object_get(mail, names[i][0]);

		if (v && !json_is_null(v))
			json_object_set(params, names[i][1], v);
	}
}

/* What it sends on begins in its text, unless that was cut before it. */
static void
drop_odd_forward(json_t *params)
{
	json_int_t at = json_integer_value(
		json_object_get(json_object_get(params, "forward"), "at"));

	if ((size_t)at > json_string_length(json_object_get(params, "text")))
		json_object_del(params, "forward");
}

/* A sender without an @ is a name, not an address. */
static void
drop_odd_sender(json_t *params)
{
	const char *s = json_string_value(
		json_object_get(json_object_get(params, "from"), "address"));

	if (!s || !strchr(s, '@') || strlen(s) > 254)
		json_object_del(params, "from");
}

static void
set_identity(struct contact *c, const struct head *h, const char *connection,
	     int64_t received_ms)
{
	char digest[65], at[32];
	struct buf id;
	bool has;

	buf_init(&id, HEAD_VALUE_MAX);
	has = head_message_id(h, &id) && utf8_valid(id.data, id.len);
	head_digest(h, c->raw, c->raw_len, has, digest);
	clock_iso_ms(received_ms > 0 ? received_ms : 0, at);
	json_object_set_new(c->params, "connection", json_string(connection));
	if (has)
		json_object_set_new(c->params, "external_id",
				    json_stringn(id.data, id.len));
	json_object_set_new(c->params, "digest", json_string(digest));
	json_object_set_new(c->params, "received_at", json_string(at));
	json_object_set_new(c->params, "channel", json_string("email"));
	buf_release(&id);
}

static size_t
encoded(size_t n)
{
	return (n + 2) / 3 * 4 + 16;
}

static void
inline_data(json_t *o, const char *p, size_t n)
{
	struct buf b;

	buf_init(&b, encoded(n));
	(void)hash_b64(&b, p, n);
	json_object_set_new(o, "data", json_stringn(buf_str(&b), b.len));
	buf_release(&b);
}

/* Octets ride in the frame while there is room, else they are put before. */
static void
place(struct contact *c, json_t *o, const char *p, size_t n, size_t *room)
{
	const char *hex = json_string_value(json_object_get(o, "sha256"));
	struct blob *b;

	if (n <= RAW_INLINE_BYTES && encoded(n) <= *room) {
		*room -= encoded(n);
		inline_data(o, p, n);
		return;
	}
	for (size_t i = 0; i < c->blob_count; i++)
		if (strcmp(c->blobs[i].sha256, hex) == 0)
			return;
	if (c->blob_count == BLOBS_MAX)
		return;
	b = &c->blobs[c->blob_count++];
	b->p = p;
	b->n = n;
	memcpy(b->sha256, hex, HASH_HEX);
}

/* Room of a frame beside params; cuts what is too long for any frame. */
static size_t
frame_room(struct contact *c)
{
	size_t size = c->raw_len > MEASURE
			      ? json_dumpb(c->params, NULL, 0, JSON_COMPACT)
			      : MEASURE * 16;
	static const char *const long_ones[] = { "html", "reply_text",
						 "references", "text" };

	for (size_t i = 0; size + FRAME_ROOM > FRAME_BYTES && i < 4; i++) {
		json_t *v = json_object_get(c->params, long_ones[i]);

		if (i == 3)
			json_object_set_new(c->params, "text",
					    clean_string(json_string_value(v),
							 json_string_length(v),
							 SMALL_TEXT));
		else
			json_object_del(c->params, long_ones[i]);
		json_array_append_new(json_object_get(c->params, "warnings"),
				      json_string("text_cut"));
		drop_odd_forward(c->params);
		size = json_dumpb(c->params, NULL, 0, JSON_COMPACT);
	}
	return size + FRAME_ROOM < FRAME_BYTES ? FRAME_BYTES - FRAME_ROOM - size
					       : 0;
}

static void
place_octets(struct contact *c)
{
	char hex[HASH_HEX];
	size_t room = frame_room(c), i;
	json_t *raw, *a;

	hash_hex(c->raw, c->raw_len, hex);
	raw = json_pack("{s:s, s:I}", "sha256", hex, "bytes",
			(json_int_t)c->raw_len);
	place(c, raw, c->raw, c->raw_len, &room);
	json_object_set_new(c->params, "raw", raw);
	json_array_foreach(json_object_get(c->params, "attachments"), i, a)
	{
		json_int_t at =
			json_integer_value(json_object_get(a, "offset"));
		json_int_t n = json_integer_value(json_object_get(a, "size"));

		json_object_del(a, "offset");
		if (json_is_null(json_object_get(a, "content_id")))
			json_object_del(a, "content_id");
		if (at >= 0 && n >= 0 && (size_t)(at + n) <= c->octets.len)
			place(c, a, buf_str(&c->octets) + at, (size_t)n, &room);
	}
}

enum outcome
contact_make(struct child *parser, const char *connection, char *raw, size_t n,
	     int64_t received_ms, struct contact **out, struct err *e)
{
	static unsigned serial;
	struct contact *c = mem_new(1, sizeof(*c));
	json_t *mail = NULL;
	struct head h;
	enum outcome o;

	c->raw = raw;
	c->raw_len = n;
	c->serial = ++serial;
	buf_init(&c->octets, CHILD_OCTETS_MAX);
	o = child_ask(parser, CHILD_PARSE, NULL, raw, n, &mail, &c->octets, e);
	if (o == OUT_TEMP) {
		contact_free(&c);
		return o;
	}
	c->params = json_object();
	head_read(&h, raw, n);
	if (o != OUT_OK) {
		log_warn("mail.unparsed", "%s", e->text);
		buf_clear(&c->octets);
		mail = unparsed(&h, raw, n);
	}
	copy_fields(c->params, mail);
	drop_hidden(c->params);
	copy_hints(c->params, mail);
	drop_odd_sender(c->params);
	drop_same_reply(c->params);
	set_identity(c, &h, connection, received_ms);
	place_octets(c);
	head_release(&h);
	json_decref(mail);
	*out = c;
	return OUT_OK;
}

void
contact_free(struct contact **c)
{
	if (!*c)
		return;
	json_decref((*c)->params);
	mem_free((*c)->raw);
	buf_release(&(*c)->octets);
	MEM_CLEAR(c);
}

void
contact_place(struct contact *c, const char *folder, uint32_t uid_validity,
	      uint32_t uid)
{
	json_object_set_new(c->params, "mailbox",
			    json_pack("{s:s, s:I, s:I}", "folder", folder,
				      "uid_validity", (json_int_t)uid_validity,
				      "uid", (json_int_t)uid));
}

void
contact_beginning(struct contact *c)
{
	json_t *list = json_object_get(c->params, "warnings");

	if (!json_is_array(list)) {
		list = json_array();
		json_object_set_new(c->params, "warnings", list);
	}
	/* the first of them: the daemon takes fifty */
	json_array_insert_new(list, 0, json_string("left_on_server"));
	if (json_array_size(list) > WARNINGS_MAX)
		json_array_remove(list, WARNINGS_MAX);
	json_object_del(c->params, "attachments");
}

const json_t *
contact_params(const struct contact *c)
{
	return c->params;
}

int
contact_is_large(const struct contact *c)
{
	return c->blob_count > 0;
}

const char *
contact_next(struct contact *c, json_t **params_out)
{
	const struct blob *b = &c->blobs[c->blob];
	char upload[64];
	json_t *o;

	if (c->done)
		return NULL;
	if (c->blob == c->blob_count) {
		*params_out = json_incref(c->params);
		return "contact.add";
	}
	c->sent = b->n - c->offset < CHUNK ? b->n - c->offset : CHUNK;
	(void)snprintf(upload, sizeof(upload), "mail-%ld-%u-%zu",
		       (long)getpid(), c->serial, c->blob);
	o = json_pack("{s:s, s:I}", "upload", upload, "offset",
		      (json_int_t)c->offset);
	inline_data(o, b->p + c->offset, c->sent);
	if (c->offset + c->sent == b->n) {
		json_object_set_new(o, "end", json_true());
		json_object_set_new(o, "sha256", json_string(b->sha256));
	}
	*params_out = o;
	return "blob.put";
}

void
contact_done(struct contact *c)
{
	if (c->blob == c->blob_count) {
		c->done = true;
		return;
	}
	c->offset += c->sent;
	if (c->offset >= c->blobs[c->blob].n) {
		c->blob++;
		c->offset = 0;
	}
}
