#include "gateways/common/http_client.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/base/mem.h"

#define OTHERS_MAX 8
#define WAIT_MS_MAX 60000
#define HOST_CHARS 64 /* a name that is longer is not this machine's */

/* One under way. */
struct transfer {
	struct transfer *next;
	struct http_client *client; /* NULL: http_ask */
	CURL *curl;
	struct curl_slist *header;
	char *body;
	curl_mime *form; /* instead of a body */
	int from_fd;     /* of its file */
	size_t from_n;
	size_t from_at;
	int to_fd;
	size_t to_max; /* 0: it all goes into the answer */
	size_t to_n;
	bool cut; /* the start of a long answer will do */
	bool over;
	bool file_failed;
	struct buf *answer;
	struct buf own;
	char why[CURL_ERROR_SIZE];
	bool (*stop)(void *arg);
	void *stop_arg;
	http_done_fn *fn;
	void *arg;
};

struct http_client {
	CURLM *multi;
	struct transfer *list;
	size_t count;
};

void
http_start(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* --- what libcurl asks us ------------------------------------------------------ */

/* Octets that go into the file; less than n: no more are wanted. */
static size_t
received_file(struct transfer *t, const char *p, size_t n)
{
	size_t done = 0;

	if (n > t->to_max - t->to_n) {
		t->over = true;
		return 0;
	}
	while (done < n) {
		ssize_t k = write(t->to_fd, p + done, n - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0) {
			t->file_failed = true;
			return 0;
		}
		done += (size_t)k;
	}
	t->to_n += n;
	return n;
}

static size_t
received(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t room = t->answer->max - t->answer->len;
	long status = 0;

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	if (t->to_max > 0 && status == 200)
		return received_file(t, p, size * n);
	if (buf_add(t->answer, p, size * n))
		return size * n;
	t->over = true;
	if (t->cut)
		(void)buf_add(t->answer, p, room);
	return 0;
}

/* The file of a form, piece by piece. */
static size_t
given(char *p, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	size_t left = t->from_n - t->from_at;
	size_t want = size * n < left ? size * n : left;
	ssize_t k;

	if (want == 0)
		return 0;
	do
		k = pread(t->from_fd, p, want, (off_t)t->from_at);
	while (k < 0 && errno == EINTR);
	if (k <= 0) { /* it is shorter than was said, or cannot be read */
		t->file_failed = true;
		return CURL_READFUNC_ABORT;
	}
	t->from_at += (size_t)k;
	return (size_t)k;
}

static int
progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	const struct transfer *t = arg;

	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return t->stop != NULL && t->stop(t->stop_arg);
}

/* --- making one ------------------------------------------------------------------ */

/* Is the URL's host this machine? By a literal address or its one name. */
static bool
is_here(const char *url)
{
	const char *at = url + strlen("http://");
	char host[HOST_CHARS];
	struct in_addr four;

	(void)snprintf(
		host, sizeof host, "%.*s",
		(int)(*at == '[' ? strcspn(at, "]") + 1 : strcspn(at, ":/?#")),
		at);
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0;
}

/* Which schemes the address may have; NULL: it may not be asked. */
static const char *
scheme(const struct http_request *p)
{
	if (strpbrk(p->url, "@\\ ") != NULL)
		return NULL;
	if (strncmp(p->url, "https://", 8) == 0)
		return "https";
	return p->here_plain && strncmp(p->url, "http://", 7) == 0 &&
			       is_here(p->url)
		       ? "http"
		       : NULL;
}

static bool
host_is(const char *host, const char *entry)
{
	size_t n = strlen(host);
	size_t k = strlen(entry);

	if (entry[0] != '*')
		return strcasecmp(host, entry) == 0;
	/* "*.x": at least one letter stands before the point */
	return n >= k && strcasecmp(host + n - (k - 1), entry + 1) == 0;
}

bool
http_host_in(const char *url, const char *const *hosts)
{
	CURLU *u = curl_url();
	char *host = NULL;
	bool in = false;

	if (u != NULL && strpbrk(url, "@\\ ") == NULL &&
	    curl_url_set(u, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK)
		for (; !in && *hosts != NULL; hosts++)
			in = host_is(host, *hosts);
	curl_free(host);
	curl_url_cleanup(u);
	return in;
}

static void
set_reading(struct transfer *t, const struct http_request *p)
{
	CURL *c = t->curl;

	(void)curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, received);
	(void)curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why);
	(void)curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, progress);
	(void)curl_easy_setopt(c, CURLOPT_XFERINFODATA, t);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)p->wait_s);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)HTTP_CONNECT_S);
	if (p->still_s > 0) {
		(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		(void)curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME,
				       (long)p->still_s);
	}
	(void)curl_easy_setopt(c, CURLOPT_PRIVATE, t);
}

/* What is asked: nothing, a body, or a form. */
static void
set_body(struct transfer *t, const struct http_request *p)
{
	CURL *c = t->curl;
	size_t i;

	if (p->method == HTTP_GET) {
		(void)curl_easy_setopt(c, CURLOPT_HTTPGET, 1L);
		return;
	}
	if (p->field == NULL) {
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE,
				       (long)p->body_n);
		(void)curl_easy_setopt(c, CURLOPT_POSTFIELDS, t->body);
		return;
	}
	t->form = curl_mime_init(c);
	for (i = 0; i < p->fields && i < HTTP_FIELDS_MAX; i++) {
		const struct http_field *f = &p->field[i];
		curl_mimepart *part = curl_mime_addpart(t->form);

		(void)curl_mime_name(part, f->name);
		if (f->value != NULL) {
			(void)curl_mime_data(part, f->value,
					     CURL_ZERO_TERMINATED);
			continue;
		}
		t->from_fd = f->fd;
		t->from_n = f->size;
		(void)curl_mime_filename(part, f->filename);
		(void)curl_mime_type(part, f->type);
		(void)curl_mime_data_cb(part, (curl_off_t)f->size, given, NULL,
					NULL, t);
	}
	(void)curl_easy_setopt(c, CURLOPT_MIMEPOST, t->form);
}

static void
set_asking(struct transfer *t, const struct http_request *p,
	   const char *allowed)
{
	CURL *c = t->curl;
	size_t i;

	(void)curl_easy_setopt(c, CURLOPT_URL, p->url);
	(void)curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, allowed);
	(void)curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_PROXY, "");
	/* on a connection that was used before, libcurl posts again by itself
	 * when it is cut */
	(void)curl_easy_setopt(c, CURLOPT_FRESH_CONNECT, 1L);
	(void)curl_easy_setopt(c, CURLOPT_FORBID_REUSE, 1L);
	if (p->ca_file != NULL)
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, p->ca_file);
	set_body(t, p);
	for (i = 0;
	     p->header != NULL && p->header[i] != NULL && i < HTTP_HEADERS_MAX;
	     i++)
		t->header = curl_slist_append(t->header, p->header[i]);
	if (t->header != NULL)
		(void)curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->header);
}

static void
transfer_free(struct transfer *t)
{
	if (t->curl != NULL)
		curl_easy_cleanup(t->curl);
	curl_mime_free(t->form);
	curl_slist_free_all(t->header);
	buf_release(&t->own);
	mem_free(t->body);
	mem_free(t);
}

/* answer NULL: it keeps one of its own. */
static enum outcome
transfer_new(const struct http_request *p, struct buf *answer,
	     struct transfer **out, struct err *e)
{
	const char *allowed = scheme(p);
	struct transfer *t;

	*out = NULL;
	if (allowed == NULL) {
		(void)err_code(e, OUT_PERM, HTTP_ADDRESS,
			       "the address is not https");
		return OUT_PERM;
	}
	if (p->hosts != NULL && !http_host_in(p->url, p->hosts)) {
		(void)err_code(e, OUT_PERM, HTTP_ADDRESS,
			       "its host is not one that may be asked");
		return OUT_PERM;
	}
	t = mem_new(1, sizeof *t);
	t->curl = curl_easy_init();
	if (t->curl == NULL) {
		transfer_free(t);
		(void)err_code(e, OUT_TEMP, HTTP_NETWORK,
			       "could not begin to ask");
		return OUT_TEMP;
	}
	buf_init(&t->own, p->answer_max);
	t->answer = answer != NULL ? answer : &t->own;
	t->body = p->body != NULL ? mem_strndup(p->body, p->body_n) : NULL;
	t->to_fd = p->to_fd;
	t->to_max = p->to_max;
	t->cut = p->answer_cut;
	t->stop = p->stop;
	t->stop_arg = p->stop_arg;
	set_reading(t, p);
	set_asking(t, p, allowed);
	*out = t;
	return OUT_OK;
}

/* What its end is to us. */
static enum outcome
transfer_end(struct transfer *t, CURLcode rc, long *status, struct err *e)
{
	const char *why = t->why[0] != '\0' ? t->why : curl_easy_strerror(rc);

	(void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, status);
	if (rc == CURLE_OK || (t->over && t->cut))
		return OUT_OK;
	if (rc == CURLE_ABORTED_BY_CALLBACK)
		return err_code(e, OUT_TEMP, HTTP_CANCELLED, "cancelled");
	if (t->file_failed)
		return err_code(e, OUT_PERM, HTTP_FILE,
				"a file could not be read or written");
	if (t->over && t->to_max > 0)
		return err_code(e, OUT_PERM, HTTP_LARGE,
				"the file is over %zu octets", t->to_max);
	if (t->over)
		return err_code(e, OUT_TEMP, HTTP_NETWORK,
				"the answer is over %zu octets",
				t->answer->max);
	if (rc == CURLE_PEER_FAILED_VERIFICATION ||
	    rc == CURLE_SSL_CACERT_BADFILE || rc == CURLE_SSL_CONNECT_ERROR)
		return err_code(e, OUT_PERM, HTTP_TLS,
				"certificate or TLS: %.200s", why);
	return err_code(e, OUT_TEMP, HTTP_NETWORK, "%.200s", why);
}

/* --- one, waiting ----------------------------------------------------------------- */

enum outcome
http_ask(const struct http_request *p, struct buf *answer, long *status_out,
	 struct err *e)
{
	struct transfer *t;
	enum outcome o = transfer_new(p, answer, &t, e);

	*status_out = 0;
	if (o != OUT_OK)
		return o;
	o = transfer_end(t, curl_easy_perform(t->curl), status_out, e);
	transfer_free(t);
	return o;
}

bool
http_form_value(struct buf *b, const char *value)
{
	char *escaped = curl_easy_escape(NULL, value, 0);
	bool ok = escaped != NULL && buf_puts(b, escaped);

	curl_free(escaped);
	return ok;
}

/* --- many --------------------------------------------------------------------------- */

struct http_client *
http_client_new(void)
{
	struct http_client *c = mem_new(1, sizeof *c);

	c->multi = curl_multi_init();
	return c;
}

static void
forget(struct http_client *c, struct transfer *t)
{
	struct transfer **at = &c->list;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	c->count--;
	(void)curl_multi_remove_handle(c->multi, t->curl);
}

void
http_client_free(struct http_client **cp)
{
	struct http_client *c = *cp;

	if (c == NULL)
		return;
	while (c->list != NULL) {
		struct transfer *t = c->list;

		forget(c, t);
		transfer_free(t);
	}
	if (c->multi != NULL)
		(void)curl_multi_cleanup(c->multi);
	MEM_CLEAR(cp);
}

size_t
http_client_busy(const struct http_client *c)
{
	return c->count;
}

enum outcome
http_client_ask(struct http_client *c, const struct http_request *p,
		http_done_fn *fn, void *arg, struct err *e)
{
	struct transfer *t;
	enum outcome o;

	if (c->count >= HTTP_ASKS_MAX)
		return err_code(e, OUT_TEMP, HTTP_NETWORK,
				"%d are under way already", HTTP_ASKS_MAX);
	o = transfer_new(p, NULL, &t, e);
	if (o != OUT_OK)
		return o;
	if (curl_multi_add_handle(c->multi, t->curl) != CURLM_OK) {
		transfer_free(t);
		return err_code(e, OUT_TEMP, HTTP_NETWORK,
				"could not begin to ask");
	}
	t->client = c;
	t->fn = fn;
	t->arg = arg;
	t->next = c->list;
	c->list = t;
	c->count++;
	return OUT_OK;
}

const char *
http_result_header(const struct http_result *r, const char *name)
{
	const struct transfer *t = r->transfer;
	struct curl_header *h = NULL;

	if (curl_easy_header(t->curl, name, 0, CURLH_HEADER, -1, &h) !=
	    CURLHE_OK)
		return NULL;
	return h->value;
}

/* Only before it had a connection, TLS included, is it certain that nothing
 * has gone. */
static bool
has_begun(CURL *curl)
{
	curl_off_t us = 0;
	long octets = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &us);
	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &octets);
	return us > 0 || octets > 0;
}

/* Run the functions of those that have ended. */
static void
tell_ended(struct http_client *c)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(c->multi, &left)) != NULL) {
		struct http_result r = { .status = 0 };
		struct transfer *t = NULL;
		CURLcode rc;

		if (m->msg != CURLMSG_DONE)
			continue;
		rc = m->data.result;
		(void)curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		r.outcome = transfer_end(t, rc, &r.status, &r.err);
		r.answer = t->answer;
		r.bytes = t->to_n;
		r.begun = has_begun(t->curl);
		r.transfer = t;
		forget(c, t);
		t->fn(t->arg, &r);
		transfer_free(t);
	}
}

void
http_client_wait(struct http_client *c, struct pollfd *others, unsigned n,
		 int ms)
{
	struct curl_waitfd fds[OTHERS_MAX];
	int running = 0;
	unsigned i;

	n = n < OTHERS_MAX ? n : OTHERS_MAX;
	for (i = 0; i < n; i++) {
		fds[i].fd = others[i].fd;
		fds[i].events =
			(short)((others[i].events & POLLIN ? CURL_WAIT_POLLIN
							   : 0) |
				(others[i].events & POLLOUT ? CURL_WAIT_POLLOUT
							    : 0));
		fds[i].revents = 0;
	}
	(void)curl_multi_poll(c->multi, fds, n,
			      ms < 0 || ms > WAIT_MS_MAX ? WAIT_MS_MAX : ms,
			      NULL);
	for (i = 0; i < n; i++)
		others[i].revents =
			(short)((fds[i].revents & CURL_WAIT_POLLIN ? POLLIN
								   : 0) |
				(fds[i].revents & CURL_WAIT_POLLOUT ? POLLOUT
								    : 0));
	(void)curl_multi_perform(c->multi, &running);
	tell_ended(c);
}
