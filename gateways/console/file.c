#include "gateways/console/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/person.h"

#define HTML_BYTES (1024 * 1024) /* with its links */
#define CID_MAX 300              /* characters of a Content-ID */
#define MAC_DIGITS 32            /* of a link's signature */
#define LINK_MAX 512
#define RANGE_DIGITS 18

/* A file on its way out, or a mail's HTML that is being asked for. */
struct fetch {
	struct console *console;
	struct hit *hit;
	struct person *person;
	int64_t message;
	char sha[HASH_HEX];
	char *name;
	bool picture; /* nothing but a raster picture will do */
	bool html;
	int64_t offset; /* of the next octets that are asked for */
	int64_t total;
	int64_t from;  /* the first octet that is sent */
	int64_t until; /* after the last one */
	bool part;     /* a range was asked for */
	const char *type;
	bool started;
};

static void
fetch_free(struct fetch *f)
{
	hit_unref(f->hit);
	person_unref(f->person);
	mem_free(f->name);
	mem_free(f);
}

static struct fetch *
fetch_new(struct console *c, struct hit *h)
{
	struct fetch *f = mem_new(1, sizeof *f);

	f->console = c;
	f->hit = hit_ref(h);
	return f;
}

static void
refuse(struct console *c, struct hit *h, int status, const char *code,
       const char *message)
{
	console_secure(c, h, PAGE_DATA);
	http_error(h, status, code, message, 0);
}

static void
fail(struct fetch *f, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (f->started) {
		hit_cut(f->hit);
	} else if (hit_alive(f->hit)) {
		console_secure(f->console, f->hit, PAGE_DATA);
		console_fail(f->console, f->hit, o, e, retry_ms);
	}
	fetch_free(f);
}

static void
call(struct fetch *f, const char *method, json_t *params, bus_reply_fn *fn)
{
	const char *handle = person_handle(f->person);
	struct err e;
	enum outcome o = OUT_TEMP;

	if (handle != NULL) {
		o = bus_call(f->console->bus, method, params, handle, NULL, fn,
			     f, &e);
	} else {
		json_decref(params);
		(void)err_set(&e, OUT_TEMP, "the session is not open");
	}
	if (o != OUT_OK)
		fail(f, o, &e, 0);
}

/* --- pictures ---------------------------------------------------------------- */

const char *
file_raster(const void *p, size_t n)
{
	const unsigned char *b = p;

	if (n >= 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (n >= 3 && memcmp(b, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (n >= 6 &&
	    (memcmp(b, "GIF87a", 6) == 0 || memcmp(b, "GIF89a", 6) == 0))
		return "image/gif";
	if (n >= 12 && memcmp(b, "RIFF", 4) == 0 &&
	    memcmp(b + 8, "WEBP", 4) == 0)
		return "image/webp";
	return NULL;
}

/* --- sounds and films -------------------------------------------------------- */

const char *
file_played(const void *p, size_t n)
{
	const unsigned char *b = p;

	if (n >= 4 && memcmp(b, "OggS", 4) == 0)
		return "audio/ogg";
	if (n >= 5 && memcmp(b, "#!AMR", 5) == 0)
		return "audio/amr";
	if (n >= 3 && memcmp(b, "ID3", 3) == 0)
		return "audio/mpeg";
	/* A frame of MPEG: layer 0 is AAC, the others are MP3's. */
	if (n >= 2 && b[0] == 0xff && (b[1] & 0xf6) == 0xf0)
		return "audio/aac";
	if (n >= 2 && b[0] == 0xff && (b[1] & 0xe6) == 0xe2)
		return "audio/mpeg";
	if (n < 12 || memcmp(b + 4, "ftyp", 4) != 0)
		return NULL;
	if (memcmp(b + 8, "M4A", 3) == 0)
		return "audio/mp4";
	return memcmp(b + 8, "3gp", 3) == 0 ? "video/3gpp" : "video/mp4";
}

bool
file_range(const char *header, int64_t *from_out, int64_t *until_out)
{
	const char *p = header;
	size_t n;

	if (p == NULL || strncmp(p, "bytes=", 6) != 0)
		return false;
	p += 6;
	n = strspn(p, "0123456789");
	if (n == 0 || n > RANGE_DIGITS || p[n] != '-')
		return false;
	*from_out = strtoll(p, NULL, 10);
	*until_out = INT64_MAX;
	p += n + 1;
	n = strspn(p, "0123456789");
	if (n > RANGE_DIGITS || p[n] != '\0')
		return false;
	if (n > 0)
		*until_out = strtoll(p, NULL, 10) + 1;
	return *until_out > *from_out;
}

/* --- sending octets ---------------------------------------------------------- */

static void next_range(struct fetch *f);

static void
pull(void *arg, struct hit *h)
{
	struct fetch *f = arg;

	if (hit_alive(h))
		next_range(f);
	else
		fetch_free(f);
}

static void
start(struct fetch *f)
{
	struct hit *h = f->hit;
	struct buf b;

	buf_init(&b, LINK_MAX * 4);
	http_disposition(&b, f->name != NULL ? f->name : "");
	console_secure(f->console, h, f->picture ? PAGE_IMAGE : PAGE_FILE);
	if (!f->picture) {
		hit_set(h, "content-disposition", buf_str(&b));
		hit_set(h, "accept-ranges", "bytes");
	}
	if (f->part)
		hit_setf(h, "content-range", "bytes %lld-%lld/%lld",
			 (long long)f->from, (long long)f->until - 1,
			 (long long)f->total);
	hit_start(h, f->part ? 206 : 200,
		  f->type != NULL ? f->type : "application/octet-stream",
		  f->until - f->from, pull, f);
	f->started = true;
	buf_release(&b);
}

/*
 * The first octets tell the type, and what can be sent of the rest. False: it
 * was refused.
 */
static bool
judge(struct fetch *f, const void *p, size_t n)
{
	struct hit *h = f->hit;

	f->type = file_raster(p, n);
	if (f->picture && f->type == NULL) {
		refuse(f->console, h, 404, "not_found", "no such picture");
		return false;
	}
	if (f->type == NULL)
		f->type = file_played(p, n);
	if (f->part && f->from >= f->total) {
		hit_setf(h, "content-range", "bytes */%lld",
			 (long long)f->total);
		refuse(f->console, h, 416, "bad_params",
		       "the file ends before that");
		return false;
	}
	if (!f->part || f->until > f->total)
		f->until = f->total;
	return true;
}

/* Octets have come, those at the offset: hand on what was asked for. */
static void
hand_on(struct fetch *f, const char *p, size_t n)
{
	int64_t end = f->offset + (int64_t)n;
	int64_t from;

	if (f->offset == 0 && !judge(f, p, n)) {
		fetch_free(f);
		return;
	}
	if (!f->started && f->from > 0 && f->from >= end) {
		f->offset = f->from;
		next_range(f);
		return;
	}
	if (!f->started)
		start(f);
	from = f->offset > f->from ? f->offset : f->from;
	p += from - f->offset;
	f->offset = end;
	if (end >= f->until) {
		hit_feed(f->hit, p, (size_t)(f->until - from));
		fetch_free(f);
	} else {
		hit_feed(f->hit, p, (size_t)(end - from));
	}
}

static void
range_came(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;
	json_t *data = json_object_get(r->result, "data");
	struct buf b;
	struct err e;

	if (!hit_alive(f->hit)) {
		fetch_free(f);
		return;
	}
	if (r->outcome != OUT_OK) {
		fail(f, r->outcome, &r->err, r->retry_after_ms);
		return;
	}
	/* Decoding wants room for whole groups of octets. */
	buf_init(&b, FILE_CHUNK_BYTES + 8);
	f->total = json_integer_value(json_object_get(r->result, "bytes"));
	if (!json_is_string(data) ||
	    !hash_unb64(&b, json_string_value(data),
			json_string_length(data)) ||
	    f->offset + (int64_t)b.len > f->total ||
	    (b.len == 0 && f->offset < f->total)) {
		(void)err_set(&e, OUT_TEMP, "the file could not be read");
		fail(f, OUT_TEMP, &e, 0);
	} else {
		hand_on(f, buf_str(&b), b.len);
	}
	buf_release(&b);
}

static void
next_range(struct fetch *f)
{
	call(f, "blob.get",
	     json_pack("{s:s, s:I, s:I, s:i}", "sha256", f->sha, "message",
		       (json_int_t)f->message, "offset", (json_int_t)f->offset,
		       "length", FILE_CHUNK_BYTES),
	     range_came);
}

/* --- HTML of a mail ---------------------------------------------------------- */

static void
sign(const struct console *c, const char *text, char out[MAC_DIGITS + 1])
{
	unsigned char mac[HASH_BYTES];
	char hex[HASH_HEX];

	hash_mac(c->key, text, strlen(text), mac);
	hash_to_hex(mac, HASH_BYTES, hex);
	memcpy(out, hex, MAC_DIGITS);
	out[MAC_DIGITS] = '\0';
}

/* The link of the attachment with that Content-ID, or nothing. */
static void
add_link(struct fetch *f, const json_t *files, const char *cid, struct buf *b)
{
	char text[LINK_MAX];
	char mac[MAC_DIGITS + 1];
	int64_t until = clock_now_ms() + FILE_LINK_MS;
	size_t i;
	json_t *file;

	json_array_foreach(files, i, file)
	{
		const char *id =
			json_string_value(json_object_get(file, "content_id"));
		const char *sha =
			json_string_value(json_object_get(file, "sha256"));

		if (id == NULL || sha == NULL || strcmp(id, cid) != 0)
			continue;
		(void)snprintf(text, sizeof text, "%s/%lld/%s/%lld",
			       person_id(f->person), (long long)f->message, sha,
			       (long long)until);
		sign(f->console, text, mac);
		(void)buf_printf(b, "/i/%s/%s", text, mac);
		return;
	}
}

/* Copy the HTML with each "cid:..." in quotes made a link of ours. */
static void
with_links(struct fetch *f, const char *html, const json_t *files,
	   struct buf *b)
{
	const char *at;

	/* Nothing may follow what did not fit: a value would end elsewhere. */
	while (!b->full && (at = strstr(html, "cid:")) != NULL) {
		size_t len = strcspn(at + 4, "\"'<> ");
		bool quoted = at > html && (at[-1] == '"' || at[-1] == '\'');
		struct buf cid;

		if (!buf_add(b, html, (size_t)(at - html)))
			return;
		html = at + 4;
		if (!quoted) {
			(void)buf_puts(b, "cid:");
			continue;
		}
		buf_init(&cid, CID_MAX);
		if (http_unescape(&cid, at + 4, len, false))
			add_link(f, files, buf_str(&cid), b);
		buf_release(&cid);
		html += len;
	}
	if (!b->full)
		(void)buf_puts(b, html);
}

static void
html_came(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;
	json_t *message = json_object_get(r->result, "message");
	const char *html = json_string_value(json_object_get(message, "html"));
	struct buf b;

	if (r->outcome != OUT_OK) {
		fail(f, r->outcome, &r->err, r->retry_after_ms);
		return;
	}
	if (html == NULL) {
		refuse(f->console, f->hit, 404, "not_found",
		       "this message has no HTML");
		fetch_free(f);
		return;
	}
	buf_init(&b, HTML_BYTES);
	(void)buf_puts(
		&b,
		"<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>"
		"</title><style>html{background:#fff;color:#1c1b18;"
		"color-scheme:light}body{margin:12px;font:15px/24px system-ui,"
		"sans-serif;overflow-wrap:anywhere}img{max-width:100%;height:"
		"auto}</style></head><body>\n");
	with_links(f, html, json_object_get(message, "attachments"), &b);
	(void)buf_puts(&b, "\n</body></html>\n");
	console_secure(f->console, f->hit, PAGE_MAIL);
	hit_send(f->hit, 200, "text/html; charset=utf-8", b.data, b.len);
	buf_release(&b);
	fetch_free(f);
}

/* --- attachments ------------------------------------------------------------- */

/* The name that the message gives to these octets; NULL: none. */
static char *
name_of(const json_t *message, const char *sha)
{
	const json_t *files = json_object_get(message, "attachments");
	const json_t *raw = json_object_get(message, "raw");
	const char *raw_sha = json_string_value(json_object_get(raw, "sha256"));
	size_t i;
	json_t *file;

	json_array_foreach(files, i, file)
	{
		const char *one =
			json_string_value(json_object_get(file, "sha256"));
		const char *name =
			json_string_value(json_object_get(file, "filename"));

		if (one != NULL && strcmp(one, sha) == 0)
			return mem_strdup(name != NULL && name[0] != '\0'
						  ? name
						  : "file");
	}
	if (raw_sha != NULL && strcmp(raw_sha, sha) == 0)
		return mem_printf("%lld.eml",
				  (long long)json_integer_value(
					  json_object_get(message, "id")));
	return NULL;
}

static void
message_came(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;

	if (r->outcome != OUT_OK) {
		fail(f, r->outcome, &r->err, r->retry_after_ms);
		return;
	}
	f->name = name_of(json_object_get(r->result, "message"), f->sha);
	if (f->name == NULL) {
		refuse(f->console, f->hit, 404, "not_found",
		       "this message has no such file");
		fetch_free(f);
		return;
	}
	next_range(f);
}

static void
known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct fetch *f = arg;

	if (p == NULL) {
		fail(f, o, e, 0);
	} else if (!person_may(p)) {
		refuse(f->console, f->hit, 429, "too_many",
		       "too many requests");
		fetch_free(f);
	} else {
		f->person = person_ref(p);
		call(f, "message.get",
		     json_pack("{s:I}", "id", (json_int_t)f->message),
		     f->html ? html_came : message_came);
	}
}

static void
identify(struct fetch *f)
{
	struct console *c = f->console;
	const char *auth = hit_header(f->hit, "authorization");
	char cookie[HTTP_COOKIE_MAX];

	if (auth != NULL && strncmp(auth, "Bearer ", 7) == 0 &&
	    auth[7] != '\0' && strlen(auth + 7) < HTTP_COOKIE_MAX) {
		person_open(c, auth + 7, true, known, f);
	} else if (http_cookie(hit_header(f->hit, "cookie"), console_cookie(c),
			       cookie, sizeof cookie)) {
		person_open(c, cookie, false, known, f);
	} else {
		refuse(c, f->hit, 401, "no_session", "log in first");
		fetch_free(f);
	}
}

/* A positive row number at the front of *p, up to '/' or the end. */
static bool
read_row(const char **p, int64_t *out)
{
	size_t n = strspn(*p, "0123456789");

	if (n == 0 || n > 18 || ((*p)[n] != '/' && (*p)[n] != '\0'))
		return false;
	*out = strtoll(*p, NULL, 10);
	*p += n + ((*p)[n] == '/' ? 1 : 0);
	return *out > 0;
}

static bool
read_sha(const char **p, char out[HASH_HEX])
{
	size_t n = strcspn(*p, "/");

	if (n != HASH_HEX - 1)
		return false;
	memcpy(out, *p, n);
	out[n] = '\0';
	*p += n + ((*p)[n] == '/' ? 1 : 0);
	return hash_is_hex(out);
}

void
file_html(struct console *c, struct hit *h)
{
	const char *p = hit_path(h) + strlen("/html/");
	struct fetch *f = fetch_new(c, h);

	f->html = true;
	if (read_row(&p, &f->message) && *p == '\0') {
		identify(f);
		return;
	}
	refuse(c, h, 404, "not_found", "no such message");
	fetch_free(f);
}

void
file_attachment(struct console *c, struct hit *h)
{
	const char *p = hit_path(h) + strlen("/attachment/");
	struct fetch *f = fetch_new(c, h);

	f->part = file_range(hit_header(h, "range"), &f->from, &f->until);
	if (!f->part)
		f->from = 0;
	if (read_row(&p, &f->message) && read_sha(&p, f->sha)) {
		identify(f);
		return;
	}
	refuse(c, h, 404, "not_found", "no such file");
	fetch_free(f);
}

/* /i/PERSON/MESSAGE/SHA256/UNTIL_MS/MAC: no cookie comes with it. */
void
file_image(struct console *c, struct hit *h)
{
	const char *text = hit_path(h) + strlen("/i/");
	const char *p = text;
	struct fetch *f = fetch_new(c, h);
	char id[PERSON_ID];
	char mac[MAC_DIGITS + 1];
	char *signed_part = NULL;
	int64_t until = 0;

	if (strcspn(p, "/") == PERSON_ID - 1) {
		memcpy(id, p, PERSON_ID - 1);
		id[PERSON_ID - 1] = '\0';
		p += PERSON_ID - 1;
		p += *p == '/' ? 1 : 0;
		if (read_row(&p, &f->message) && read_sha(&p, f->sha) &&
		    read_row(&p, &until) && strlen(p) == MAC_DIGITS)
			signed_part = mem_strndup(text, (size_t)(p - text - 1));
	}
	if (signed_part != NULL) {
		sign(c, signed_part, mac);
		if (hash_same(mac, p, MAC_DIGITS) && until >= clock_now_ms())
			f->person = person_by_id(c, id);
		mem_free(signed_part);
	}
	if (f->person != NULL && person_may(f->person)) {
		(void)person_ref(f->person);
		f->picture = true;
		next_range(f);
		return;
	}
	f->person = NULL;
	refuse(c, h, 404, "not_found", "no such picture");
	fetch_free(f);
}
