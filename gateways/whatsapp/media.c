#include "gateways/whatsapp/media.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/jobs.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/spool.h"

#define CHUNK ((size_t)256 * 1024) /* of blob.put */
#define B64_SHA256 44

/* One of them. */
struct fetch {
	struct fetch *next;
	struct media *media;
	struct job *job;
	char *id;
	int fd;
	char announced[HASH_HEX]; /* "": nothing was */
	char found[HASH_HEX];
	size_t size;
	size_t at;  /* octets that the daemon has */
	bool by_id; /* where it is was asked for by its id */
	bool again; /* it is fetched once more, its digest was wrong */
	bool here;  /* it waits to be given to the daemon */
	bool giving;
	bool differs; /* from what was announced, twice */
	char upload[48];
};

struct media {
	struct bus *bus;
	struct graph *graph;
	struct lines *lines;
	struct fetch *list;
	size_t giving;
};

static void
fetch_free(struct fetch *f)
{
	struct fetch **at = &f->media->list;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->media->giving -= f->giving;
	spool_close(&f->fd);
	mem_free(f->id);
	mem_free(f);
}

static const char *
payload(const struct fetch *f, const char *name)
{
	const char *s =
		json_string_value(json_object_get(job_payload(f->job), name));

	return s ? s : "";
}

/* --- ends ---------------------------------------------------------------------- */

static void
retry(struct fetch *f, const char *why)
{
	job_failed(f->job, true, why);
	fetch_free(f);
}

static void
put_done(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;

	if (r->outcome == OUT_OK)
		job_end(f->job, true, false, NULL);
	else
		job_failed(f->job, r->outcome != OUT_PERM, r->err.text);
	fetch_free(f);
}

/* The daemon is told: it is here, or gone for good. params: taken. */
static void
tell(struct fetch *f, json_t *params)
{
	const json_t *p = job_payload(f->job);
	struct err e;

	(void)json_object_set(params, "message", json_object_get(p, "message"));
	(void)json_object_set(params, "position",
			      json_object_get(p, "position"));
	if (bus_call(f->media->bus, "media.put", params, NULL, NULL, put_done,
		     f, &e) != OUT_OK)
		retry(f, e.text);
}

static void
gone(struct fetch *f, const char *why)
{
	log_warn("whatsapp.media_gone", "job of message %lld: %s",
		 (long long)json_integer_value(
			 json_object_get(job_payload(f->job), "message")),
		 why);
	tell(f, json_pack("{s:s}", "gone", why));
}

/* It did not work this time. */
static void
failed(struct fetch *f, const char *why)
{
	if (job_attempt(f->job) >= MEDIA_ATTEMPTS)
		gone(f, "unavailable");
	else
		retry(f, why);
}

/* --- to the daemon -------------------------------------------------------------- */

static void give(struct fetch *f);

static void
given(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;

	if (r->outcome != OUT_OK) {
		if (r->outcome == OUT_PERM)
			failed(f, r->err.text);
		else
			retry(f, r->err.text);
	} else if (f->at < f->size) {
		give(f);
	} else {
		tell(f, json_pack("{s:s, s:s*}", "sha256", f->found, "warning",
				  f->differs ? "hash_differs" : NULL));
	}
}

/* The next piece. */
static void
give(struct fetch *f)
{
	char *piece = mem_new(1, CHUNK);
	ssize_t n = pread(f->fd, piece, CHUNK, (off_t)f->at);
	struct buf b;
	struct err e;
	json_t *p;
	bool last;

	if (n <= 0) {
		mem_free(piece);
		retry(f, "its octets cannot be read again");
		return;
	}
	last = f->at + (size_t)n == f->size;
	buf_init(&b, 2 * CHUNK);
	(void)hash_b64(&b, piece, (size_t)n);
	mem_free(piece);
	p = json_pack("{s:s, s:I, s:s, s:b, s:s*}", "upload", f->upload,
		      "offset", (json_int_t)f->at, "data", buf_str(&b), "end",
		      last, "sha256", last ? f->found : NULL);
	buf_release(&b);
	f->at += (size_t)n;
	if (bus_call(f->media->bus, "blob.put", p, NULL, NULL, given, f, &e) !=
	    OUT_OK)
		retry(f, e.text);
}

/* --- what was fetched -------------------------------------------------------------- */

/* The digest as Graph has it (base64), or in hex, as hex. */
static void
read_digest(const char *said, char out[HASH_HEX])
{
	struct buf b;

	out[0] = '\0';
	if (hash_is_hex(said)) {
		(void)snprintf(out, HASH_HEX, "%s", said);
		return;
	}
	buf_init(&b, 2 * HASH_BYTES);
	if (strlen(said) == B64_SHA256 && hash_unb64(&b, said, strlen(said)) &&
	    b.len == HASH_BYTES)
		hash_to_hex((const unsigned char *)b.data, HASH_BYTES, out);
	buf_release(&b);
}

static bool
digest(struct fetch *f)
{
	struct hash_state *s = hash_begin();
	char *piece = mem_new(1, CHUNK);
	off_t at = 0;
	ssize_t n;

	while ((n = pread(f->fd, piece, CHUNK, at)) > 0) {
		hash_more(s, piece, (size_t)n);
		at += n;
	}
	mem_free(piece);
	hash_end(s, f->found);
	hash_drop(&s);
	return n == 0 && (size_t)at == f->size;
}

static void ask_where(struct fetch *f);

static void
fetched(struct fetch *f, size_t size)
{
	f->size = size;
	if (size == 0 || !digest(f)) {
		failed(f, "nothing came, or it cannot be read again");
		return;
	}
	if (*f->announced && strcmp(f->announced, f->found) != 0) {
		if (!f->again) {
			f->again = true;
			ask_where(f);
			return;
		}
		f->differs = true;
		log_warn("whatsapp.media_digest",
			 "media %s is not what was announced; it is kept",
			 f->id);
	}
	f->here = true; /* step() goes on */
}

/* What Graph says no to: a token, a limit, or this file. */
static void
refused(struct fetch *f, const struct graph_answer *a)
{
	const struct graph_rule *rule;

	if (a->outcome != OUT_PERM || a->error.code == GRAPH_NO_CODE) {
		failed(f, a->err.text);
		return;
	}
	rule = line_refused(f->media->lines, job_account(f->job), a);
	if (rule->end == GRAPH_FAILED)
		failed(f, a->err.text);
	else
		retry(f, a->err.text);
}

static void
downloaded(void *arg, const struct graph_answer *a)
{
	struct fetch *f = arg;

	if (a->outcome == OUT_OK) {
		fetched(f, a->bytes);
	} else if (strcmp(a->err.code, "too_large") == 0) {
		gone(f, "too_large");
	} else if (!f->by_id) {
		ask_where(f); /* its five minutes are over */
	} else {
		refused(f, a);
	}
}

static void
download(struct fetch *f, const char *url)
{
	struct err e;

	if (ftruncate(f->fd, 0) != 0 || lseek(f->fd, 0, SEEK_SET) != 0) {
		retry(f, "the file cannot be emptied");
		return;
	}
	if (!graph_may_fetch(job_account(f->job), url)) {
		gone(f, "host");
		return;
	}
	if (graph_download(f->media->graph, job_account(f->job), url, f->fd,
			   downloaded, f, &e) != OUT_OK)
		retry(f, e.text);
}

/* file_size comes as a number, or as a text. */
static long long
size_of(const json_t *v)
{
	const char *s = json_string_value(v);

	return s ? strtoll(s, NULL, 10) : (long long)json_integer_value(v);
}

static void
told_where(void *arg, const struct graph_answer *a)
{
	struct fetch *f = arg;
	const char *url = json_string_value(json_object_get(a->body, "url"));
	const char *said =
		json_string_value(json_object_get(a->body, "sha256"));

	if (a->outcome != OUT_OK) {
		refused(f, a);
	} else if (!url) {
		failed(f, "graph does not say where it is");
	} else if (size_of(json_object_get(a->body, "file_size")) >
		   (long long)GRAPH_FILE_MAX) {
		gone(f, "too_large");
	} else {
		line_fine(f->media->lines, job_account(f->job));
		if (!*f->announced && said)
			read_digest(said, f->announced);
		download(f, url);
	}
}

static void
ask_where(struct fetch *f)
{
	struct account *k = job_account(f->job);
	struct err e;
	char *path;
	enum outcome o;

	f->by_id = true;
	if (!graph_is_id(f->id)) {
		gone(f, "unavailable");
		return;
	}
	path = mem_printf("%s?phone_number_id=%s", f->id, k->phone_number_id);
	o = graph_get(f->media->graph, k, path, told_where, f, &e);
	mem_free(path);
	if (o != OUT_OK)
		retry(f, e.text);
}

/* --- jobs ------------------------------------------------------------------------- */

static void
begin(void *arg, struct job *j)
{
	struct media *m = arg;
	struct fetch *f;
	struct err e;
	const char *url;

	if (line_left_ms(m->lines, job_account(j), false) > 0) {
		job_failed(j, true, "the connection rests, or is stopped");
		return;
	}
	f = mem_new(1, sizeof(*f));
	f->media = m;
	f->job = j;
	f->fd = -1;
	f->next = m->list;
	m->list = f;
	f->id = mem_strdup(payload(f, "media"));
	hash_token(f->upload); /* a name that no other upload has */
	read_digest(payload(f, "sha256"), f->announced);
	url = payload(f, "url");
	if (spool_open(&f->fd, &e) != OUT_OK)
		retry(f, e.text);
	else if (*url && job_attempt(j) == 1 &&
		 graph_may_fetch(job_account(j), url))
		download(f, url);
	else
		ask_where(f);
}

struct media *
media_new(struct bus *bus, struct graph *graph, struct lines *lines,
	  struct jobs *jobs)
{
	struct media *m = mem_new(1, sizeof(*m));

	m->bus = bus;
	m->graph = graph;
	m->lines = lines;
	jobs_on(jobs, "media.fetch", begin, m);
	return m;
}

void
media_free(struct media **m)
{
	if (!*m)
		return;
	while ((*m)->list)
		fetch_free((*m)->list);
	MEM_CLEAR(m);
}

static struct fetch *
next_to_give(const struct media *m)
{
	struct fetch *f = m->list;

	while (f && (!f->here || f->giving))
		f = f->next;
	return m->giving < MEDIA_PUTS_MAX ? f : NULL;
}

static void
step(void *arg)
{
	struct media *m = arg;
	struct fetch *f;

	while (bus_up(m->bus) && (f = next_to_give(m)) != NULL) {
		f->giving = true;
		m->giving++;
		give(f);
	}
}

static void
wake(void *arg, const char *what)
{
	(void)arg;
	(void)what;
}

static int
wait_ms(void *arg)
{
	const struct media *m = arg;

	return bus_up(m->bus) && next_to_give(m) ? 0 : -1;
}

static bool
drain(void *arg)
{
	const struct media *m = arg;

	return m->list == NULL;
}

static void
lost(void *arg)
{
	(void)arg; /* each call ends by itself */
}

struct part
media_part(struct media *m)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = m };

	return p;
}
