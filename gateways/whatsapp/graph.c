#include "gateways/whatsapp/graph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "gateways/common/http_client.h"
#include "gateways/whatsapp/accounts.h"

#define HOSTS_MAX 16 /* of media_hosts */
#define HOST_CHARS 256
#define BEARER "Authorization: Bearer "
#define VERSION_CHARS 16
#define TOLD_MAX 16 /* versions of others that the log has */

/* Hosts that media of Meta's come from. */
static const char *const meta_hosts[] = { "graph.facebook.com", "*.fbsbx.com",
					  "*.fbcdn.net" };
#define META_HOSTS (sizeof(meta_hosts) / sizeof(meta_hosts[0]))

struct graph {
	struct http_client *client;
	struct call *list; /* under way */
	size_t busy;
	bool ending;
	char told[TOLD_MAX][VERSION_CHARS]; /* versions that were warned of */
	size_t told_n;
};

enum call_kind {
	CALL_GET,
	CALL_POST,
	CALL_UPLOAD,
	CALL_DOWNLOAD
};

/* One under way: what is needed to ask once more with another proof. */
struct call {
	struct call *next;
	struct graph *g;
	struct account *k;
	enum call_kind kind;
	char *path; /* of a download: the URL */
	char *body;
	char *type;
	int fd;
	size_t n;
	unsigned proof;
	graph_fn *fn;
	void *arg;
};

struct graph *
graph_new(struct http_client *client)
{
	struct graph *g = mem_new(1, sizeof(*g));

	g->client = client;
	return g;
}

size_t
graph_busy(const struct graph *g)
{
	return g->busy;
}

bool
graph_is_id(const char *id)
{
	size_t n = id ? strlen(id) : 0;

	return n > 0 && n <= GRAPH_ID_MAX &&
	       strspn(id, "0123456789abcdefghijklmnopqrstuvwxyz"
			  "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-") == n;
}

/* --- answers ----------------------------------------------------------------- */

/* Are objects and lists within one another deeper than they may be? */
static bool
too_deep(const char *text, size_t n)
{
	bool quoted = false;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (quoted && text[i] == '\\') {
			i++;
		} else if (text[i] == '"') {
			quoted = !quoted;
		} else if (quoted) {
			continue;
		} else if (text[i] == '{' || text[i] == '[') {
			if (++depth > GRAPH_DEPTH_MAX)
				return true;
		} else if (text[i] == '}' || text[i] == ']') {
			depth--;
		}
	}
	return false;
}

void
graph_answer_read(long status, const char *text, size_t n,
		  struct graph_answer *a)
{
	json_error_t why;
	bool ok = status >= 200 && status <= 299;

	memset(a, 0, sizeof(*a));
	a->status = status;
	a->body = too_deep(text, n) ? NULL : json_loadb(text, n, 0, &why);
	if (graph_error_read(a->body, status, &a->error)) {
		a->outcome = err_set(&a->err, OUT_PERM, "graph %d: %s %s",
				     a->error.code, a->error.title,
				     a->error.details);
	} else if (ok && json_is_object(a->body) &&
		   json_object_get(a->body, "error") == NULL) {
		a->outcome = OUT_OK;
	} else if (status >= 300 && status <= 499 && status != 408) {
		a->outcome = err_set(&a->err, OUT_PERM, "answered %ld", status);
	} else {
		a->outcome = err_set(
			&a->err, OUT_UNSURE,
			"answered %ld, and nothing to be understood", status);
	}
}

/* A number of seconds; a date counts as none. */
static int
retry_after(const struct http_result *r)
{
	const char *s = http_result_header(r, "Retry-After");
	char *end = NULL;
	long v = s ? strtol(s, &end, 10) : 0;

	return s && *end == '\0' && v > 0 && v <= GRAPH_WAIT_S_MAX ? (int)v : 0;
}

/* Graph answers in another version than was asked for when that one is too
 * old: once a version, the log says so. */
static void
check_version(struct graph *g, const struct account *k,
	      const struct http_result *r)
{
	const char *said = http_result_header(r, "facebook-api-version");

	if (!said || strlen(said) >= VERSION_CHARS || !*k->graph_version ||
	    strcmp(said, k->graph_version) == 0 || g->told_n >= TOLD_MAX)
		return;
	for (size_t i = 0; i < g->told_n; i++)
		if (strcmp(g->told[i], said) == 0)
			return;
	(void)snprintf(g->told[g->told_n++], VERSION_CHARS, "%s", said);
	log_warn("whatsapp.version",
		 "connection '%s' asks graph as %s, which answers as %.15s",
		 k->name, k->graph_version, said);
}

/* --- calls ------------------------------------------------------------------- */

static void
call_free(struct call *c)
{
	struct call **at = &c->g->list;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	c->g->busy--;
	account_release(c->k);
	mem_free(c->path);
	mem_free(c->body);
	mem_free(c->type);
	mem_free(c);
}

/* The base as it stands before a slash. */
static int
base_len(const struct account *k)
{
	size_t n = strlen(k->graph_base);

	while (n > 0 && k->graph_base[n - 1] == '/')
		n--;
	return (int)n;
}

/* The secret that proves; NULL: none. */
static const char *
proof_secret(struct call *c)
{
	while (c->proof < ACCOUNT_SECRETS && !*c->k->secrets[c->proof])
		c->proof++;
	return c->proof < ACCOUNT_SECRETS ? c->k->secrets[c->proof] : NULL;
}

static char *
call_url(struct call *c)
{
	const struct account *k = c->k;
	const char *secret = proof_secret(c);
	bool slash = *k->graph_version != '\0';
	unsigned char mac[HASH_BYTES];
	char hex[HASH_HEX] = "";

	if (c->kind == CALL_DOWNLOAD)
		return mem_strdup(c->path);
	if (secret) {
		hash_mac_keyed(secret, strlen(secret), k->token,
			       strlen(k->token), mac);
		hash_to_hex(mac, sizeof(mac), hex);
	}
	return mem_printf("%.*s/%s%s%s%s%s%s", base_len(k), k->graph_base,
			  k->graph_version, slash ? "/" : "", c->path,
			  !secret                        ? ""
			  : strchr(c->path, '?') != NULL ? "&"
							 : "?",
			  secret ? "appsecret_proof=" : "", hex);
}

/* The account's own hosts, and Meta's. words: holds them. */
static void
list_hosts(const struct account *k, char *words, size_t size,
	   const char *hosts[META_HOSTS + HOSTS_MAX + 2])
{
	const char *base = strstr(k->graph_base, "://");
	size_t base_n = base ? strcspn(base + 3, ":/?#") : 0;
	size_t n = 0;
	char *at, *save = NULL;

	for (; n < META_HOSTS; n++)
		hosts[n] = meta_hosts[n];
	(void)snprintf(words, size, "%.*s %s", (int)base_n,
		       base ? base + 3 : "", k->media_hosts);
	for (at = strtok_r(words, " ,\t\n", &save);
	     at && n < META_HOSTS + HOSTS_MAX + 1;
	     at = strtok_r(NULL, " ,\t\n", &save))
		hosts[n++] = at;
	hosts[n] = NULL;
}

bool
graph_may_fetch(const struct account *k, const char *url)
{
	const char *hosts[META_HOSTS + HOSTS_MAX + 2];
	char words[HOSTS_MAX * HOST_CHARS];
	size_t n = (size_t)base_len(k);

	if (strncmp(url, "https://", 8) != 0)
		return n > 0 && strncmp(url, k->graph_base, n) == 0 &&
		       url[n] == '/' && strpbrk(url, "@\\ ") == NULL;
	list_hosts(k, words, sizeof(words), hosts);
	return http_host_in(url, hosts);
}

static void ended(void *arg, const struct http_result *r);

static enum outcome
ask(struct call *c, struct err *e)
{
	static const char agent[] =
		"User-Agent: postigo-whatsapp/" PACKAGE_VERSION;
	char *bearer = mem_printf(BEARER "%s", c->k->token);
	char *url = call_url(c);
	/* no Expect: a form is sent without waiting to be asked for it */
	const char *header[] = { agent, bearer,
				 "Expect:", "Content-Type: application/json",
				 NULL };
	struct http_field field[] = {
		{ .name = "messaging_product", .value = "whatsapp" },
		{ .name = "type", .value = c->type },
		{ .name = "file",
		  .filename = "file",
		  .type = c->type,
		  .fd = c->fd,
		  .size = c->n },
	};
	bool file = c->kind == CALL_UPLOAD || c->kind == CALL_DOWNLOAD;
	struct http_request p = {
		.method = c->kind == CALL_GET || c->kind == CALL_DOWNLOAD
				  ? HTTP_GET
				  : HTTP_POST,
		.url = url,
		.here_plain = true,
		.ca_file = *c->k->ca_file ? c->k->ca_file : NULL,
		.header = header,
		.body = c->body,
		.body_n = c->body ? strlen(c->body) : 0,
		.wait_s = file ? GRAPH_FILE_WAIT_S : GRAPH_WAIT_S,
		.still_s = file ? GRAPH_FILE_STILL_S : 0,
		.answer_max = GRAPH_ANSWER_MAX
	};
	enum outcome o;

	if (c->kind != CALL_POST)
		header[3] = NULL;
	if (c->kind == CALL_UPLOAD) {
		p.field = field;
		p.fields = sizeof(field) / sizeof(field[0]);
	}
	if (c->kind == CALL_DOWNLOAD) {
		p.to_fd = c->fd;
		p.to_max = c->n;
	}
	o = http_client_ask(c->g->client, &p, ended, c, e);
	hash_forget(bearer, strlen(bearer));
	mem_free(bearer);
	mem_free(url);
	return o;
}

/* Another proof, if this one was refused and there is another. */
static bool
ask_otherwise(struct call *c, const struct graph_answer *a)
{
	struct err e;

	if (a->outcome != OUT_PERM || !a->error.proof ||
	    c->proof >= ACCOUNT_SECRETS)
		return false;
	c->proof++;
	return ask(c, &e) == OUT_OK;
}

static enum outcome
read_failure(const struct http_result *r)
{
	if (!r->begun)
		return OUT_TEMP;
	return strcmp(r->err.code, HTTP_LARGE) == 0 ||
			       strcmp(r->err.code, HTTP_FILE) == 0
		       ? OUT_PERM
		       : OUT_UNSURE;
}

static void
read_result(const struct call *c, const struct http_result *r,
	    struct graph_answer *a)
{
	memset(a, 0, sizeof(*a));
	a->status = r->status;
	if (r->outcome != OUT_OK) {
		a->err = r->err;
		a->outcome = read_failure(r);
		a->error.code = GRAPH_NO_CODE;
		return;
	}
	if (c->kind == CALL_DOWNLOAD && r->status == 200) {
		a->bytes = r->bytes;
		a->content_type = http_result_header(r, "Content-Type");
		return;
	}
	graph_answer_read(r->status, buf_str(r->answer), r->answer->len, a);
	a->retry_after_s = retry_after(r);
}

static void
ended(void *arg, const struct http_result *r)
{
	struct call *c = arg;
	struct graph_answer a;

	read_result(c, r, &a);
	if (r->outcome == OUT_OK)
		check_version(c->g, c->k, r);
	if (!ask_otherwise(c, &a)) {
		if (a.outcome == OUT_OK)
			c->k->proof = c->proof;
		c->fn(c->arg, &a);
		call_free(c);
	}
	json_decref(a.body);
}

static enum outcome
begin(struct call *c, struct err *e)
{
	enum outcome o = c->g->ending ? err_set(e, OUT_TEMP, "the gateway ends")
				      : ask(c, e);

	if (o != OUT_OK)
		call_free(c);
	return o;
}

static struct call *
call_new(struct graph *g, struct account *k, enum call_kind kind,
	 const char *path, graph_fn *fn, void *arg)
{
	struct call *c = mem_new(1, sizeof(*c));

	c->g = g;
	c->k = account_hold(k);
	c->kind = kind;
	c->path = mem_strdup(path);
	c->proof = k->proof;
	c->fn = fn;
	c->arg = arg;
	c->fd = -1;
	c->next = g->list;
	g->list = c;
	g->busy++;
	return c;
}

enum outcome
graph_get(struct graph *g, struct account *k, const char *path, graph_fn *fn,
	  void *arg, struct err *e)
{
	return begin(call_new(g, k, CALL_GET, path, fn, arg), e);
}

enum outcome
graph_post(struct graph *g, struct account *k, const char *path,
	   const json_t *body, graph_fn *fn, void *arg, struct err *e)
{
	struct call *c = call_new(g, k, CALL_POST, path, fn, arg);

	c->body = json_dumps(body, JSON_COMPACT);
	return begin(c, e);
}

enum outcome
graph_upload(struct graph *g, struct account *k, int fd, size_t n,
	     const char *content_type, graph_fn *fn, void *arg, struct err *e)
{
	char *path = mem_printf("%s/media", k->phone_number_id);
	struct call *c = call_new(g, k, CALL_UPLOAD, path, fn, arg);

	mem_free(path);
	c->fd = fd;
	c->n = n;
	c->type = mem_strdup(content_type);
	return begin(c, e);
}

enum outcome
graph_download(struct graph *g, struct account *k, const char *url, int fd,
	       graph_fn *fn, void *arg, struct err *e)
{
	struct call *c;

	if (!graph_may_fetch(k, url))
		return err_code(e, OUT_PERM, HTTP_ADDRESS,
				"its host is not one that may be asked");
	c = call_new(g, k, CALL_DOWNLOAD, url, fn, arg);
	c->fd = fd;
	c->n = GRAPH_FILE_MAX;
	return begin(c, e);
}

void
graph_free(struct graph **gp)
{
	struct graph *g = *gp;
	struct graph_answer a = { .outcome = OUT_UNSURE };

	if (!g)
		return;
	g->ending = true;
	(void)err_set(&a.err, OUT_UNSURE, "the gateway ended meanwhile");
	while (g->list) {
		g->list->fn(g->list->arg, &a);
		call_free(g->list);
	}
	MEM_CLEAR(gp);
}
