#include "daemon/card.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/store/job.h"
#include "daemon/store/media.h"

#define CARD_TYPE_MAX 100
#define CARD_ID_MAX 128
#define ANY_TYPE "application/octet-stream"

/* Who it is from and to, and what is over in some minutes. */
static const char *const hidden[] = {
	"from",         "wa_id", "user_id",    "parent_user_id", "username",
	"profile_name", "to",    "to_user_id", "context_from",
};

/* What goes first where a card is too large: the octets as they came keep it. */
static const char *const large[] = {
	"contacts", "order",    "interactive",      "referral", "edit",
	"system",   "location", "referred_product", "button"
};

void
card_digest(const char *phone_number_id, const char *wamid, char out[HASH_HEX])
{
	struct hash_state *h = hash_begin();

	hash_more(h, "whatsapp\n", strlen("whatsapp\n"));
	hash_more(h, phone_number_id, strlen(phone_number_id));
	hash_more(h, "\n", 1);
	hash_more(h, wamid, strlen(wamid));
	hash_end(h, out);
	hash_drop(&h);
}

/* Members that say something, without those that are hidden. */
static json_t *
card_members(const json_t *whatsapp)
{
	json_t *card = json_object();
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)whatsapp, name, v)
	{
		if (!json_is_null(v))
			(void)json_object_set(card, name, v);
	}
	for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
		(void)json_object_del(card, hidden[i]);
	v = json_object_get(card, "media");
	if (v != NULL) {
		v = json_copy(v);
		(void)json_object_del(v, "url");
		(void)json_object_set_new(card, "media", v);
	}
	return card;
}

char *
card_text(const json_t *whatsapp, unsigned marks)
{
	json_t *card = card_members(whatsapp);
	char *text;

	if (marks & CARD_ECHO)
		(void)json_object_set_new(card, "echo", json_true());
	if (marks & CARD_LATE)
		(void)json_object_set_new(card, "late", json_true());
	text = json_dumps(card, JSON_COMPACT);
	for (size_t i = 0; i < sizeof large / sizeof large[0]; i++) {
		if (text != NULL && strlen(text) <= CARD_MAX)
			break;
		mem_free(text);
		(void)json_object_del(card, large[i]);
		(void)json_object_set_new(card, "cut", json_true());
		text = json_dumps(card, JSON_COMPACT);
	}
	json_decref(card);
	return text;
}

/* Length of a character of UTF-8 that turns the text round it, else 0:
 * U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069. */
static size_t
turns_text(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	if (u[0] != 0xE2 || (u[1] != 0x80 && u[1] != 0x81))
		return 0;
	if (u[1] == 0x80)
		return u[2] == 0x8E || u[2] == 0x8F ||
				       (u[2] >= 0xAA && u[2] <= 0xAE)
			       ? 3
			       : 0;
	return u[2] >= 0xA6 && u[2] <= 0xA9 ? 3 : 0;
}

char *
card_filename(const char *name)
{
	struct buf b;
	const char *p = name != NULL ? name : "";
	char *out;

	buf_init(&b, CARD_NAME_MAX + 1);
	while (*p != '\0' && b.len < CARD_NAME_MAX) {
		size_t skip = turns_text(p);
		char c = *p;

		p += skip > 0 ? skip : 1;
		if (skip > 0 || (unsigned char)c < ' ' || c == 0x7f)
			continue;
		if (c == '/' || c == '\\' || (c == '.' && b.len == 0))
			c = '_';
		(void)buf_add(&b, &c, 1);
	}
	/* no half a character at the end */
	if (*p != '\0')
		while (b.len > 0 && ((unsigned char)*p & 0xC0) == 0x80) {
			p--;
			b.len--;
		}
	out = mem_strndup(b.data != NULL ? b.data : "", b.len);
	buf_release(&b);
	return out;
}

char *
card_type(const char *mime_type)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789!#$&^_.+-";
	const char *p = mime_type != NULL ? mime_type : "";
	size_t main = strspn(p, letters);
	size_t sub = p[main] == '/' ? strspn(p + main + 1, letters) : 0;
	size_t n = main + 1 + sub;

	if (main == 0 || sub == 0 || n > CARD_TYPE_MAX ||
	    strchr("; ", p[n]) == NULL)
		return mem_strdup(ANY_TYPE);
	return mem_strndup(p, n);
}

/* An announced digest in base64 as 64 digits; false: it is none. */
static bool
announced(const char *b64, char out[HASH_HEX])
{
	struct buf b;
	bool ok;

	if (b64 == NULL)
		return false;
	buf_init(&b, 2 * HASH_HEX);
	ok = hash_unb64(&b, b64, strlen(b64)) && b.len == HASH_BYTES;
	if (ok)
		hash_to_hex((const unsigned char *)b.data, b.len, out);
	buf_release(&b);
	return ok;
}

/* Why a file will not come, or NULL. Its id becomes part of an address. */
static const char *
never_comes(const json_t *whatsapp, const char *id)
{
	size_t n = id != NULL ? strlen(id) : 0;

	if (json_array_size(json_object_get(whatsapp, "error_codes")) > 0 ||
	    n == 0)
		return "unavailable";
	if (n > CARD_ID_MAX || strspn(id, "0123456789_-"
					  "abcdefghijklmnopqrstuvwxyz"
					  "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != n)
		return "bad_id";
	return NULL;
}

static enum outcome
fetch_job(struct desk *d, struct store *s, const struct media_new *m,
	  const struct card_place *at, const char *kind, struct err *e)
{
	json_t *p = json_object();
	int64_t id = 0;
	enum outcome o;

	(void)json_object_set_new(p, "message", json_integer(m->message_id));
	(void)json_object_set_new(p, "position", json_integer(m->position));
	(void)json_object_set_new(p, "connection", json_string(at->connection));
	(void)json_object_set_new(p, "media", json_string(m->external_id));
	(void)json_object_set_new(p, "kind", json_string(kind));
	(void)json_object_set_new(p, "content_type",
				  json_string(m->content_type));
	(void)json_object_set_new(p, "filename", json_string(m->filename));
	if (m->url != NULL)
		(void)json_object_set_new(p, "url", json_string(m->url));
	if (m->sha256 != NULL)
		(void)json_object_set_new(p, "sha256", json_string(m->sha256));
	o = job_add(s, "media.fetch", at->connection_id, p, at->now_ms, &id, e);
	json_decref(p);
	if (o == OUT_OK)
		d->wake_jobs |= 1U << ROLE_WHATSAPP;
	return o;
}

enum outcome
card_media(struct desk *d, struct store *s, const json_t *whatsapp,
	   const struct card_place *at, struct err *e)
{
	const json_t *media = json_object_get(whatsapp, "media");
	const char *kind = member_str(media, "kind");
	char digest[HASH_HEX];
	char *filename;
	char *type;
	struct media_new m = { .message_id = at->message_id,
			       .position = 1,
			       .connection_id = at->connection_id,
			       .external_id = member_str(media, "id"),
			       .url = member_str(media, "url"),
			       .url_ms = at->now_ms };
	enum outcome o;

	if (!json_is_object(media))
		return OUT_OK;
	m.filename = filename = card_filename(member_str(media, "filename"));
	m.content_type = type = card_type(member_str(media, "mime_type"));
	if (announced(member_str(media, "sha256"), digest))
		m.sha256 = digest;
	m.gone = never_comes(whatsapp, m.external_id);
	o = media_add(s, &m, e);
	if (o == OUT_OK && m.gone == NULL)
		o = fetch_job(d, s, &m, at, kind != NULL ? kind : "document",
			      e);
	mem_free(filename);
	mem_free(type);
	return o;
}
