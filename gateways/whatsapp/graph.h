#ifndef POSTIGO_WHATSAPP_GRAPH_H
#define POSTIGO_WHATSAPP_GRAPH_H

/*
 * graph: calls of Meta's Graph API for an account, and what their answers
 * say. In the worker's thread.
 *
 * Invariants: each call is made once, and ends once, never before it returned;
 * the token goes to the account's base and, for media, to hosts on the list
 * alone; "nothing went" is said only when that is certain; an answer is taken
 * only whole, up to GRAPH_ANSWER_MAX octets and GRAPH_DEPTH_MAX levels.
 *
 * With a secret of the app a call carries its appsecret_proof. Where Graph
 * refuses the proof, the next secret and then none is tried.
 *
 * Source: Meta, "Graph API", "Cloud API"; http_client.h.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "gateways/whatsapp/graph_error.h"

#define GRAPH_ANSWER_MAX ((size_t)1024 * 1024)
#define GRAPH_DEPTH_MAX 64
#define GRAPH_WAIT_S 20       /* for an answer */
#define GRAPH_FILE_WAIT_S 240 /* for one with a file */
#define GRAPH_FILE_STILL_S 30 /* of it without progress */
#define GRAPH_FILE_MAX ((size_t)100 * 1024 * 1024)
#define GRAPH_ID_MAX 128 /* of media: [0-9A-Za-z_-] */

struct account;
struct graph;
struct http_client;

/*
 * How a call ended. Borrowed.
 *
 * OUT_OK      answered with 200 to 299; body is its object (of a download:
 *             the octets are in the file)
 * OUT_PERM    refused: error says how. Or it cannot be asked: err says why,
 *             error.status is 0
 * OUT_TEMP    nothing of it went: err says why
 * OUT_UNSURE  it went, and nobody knows what became of it
 */
struct graph_answer {
	enum outcome outcome;
	struct err err; /* a line for the log, when not OUT_OK */
	long status;    /* of HTTP; 0: none */
	json_t *body;
	struct graph_error error; /* OUT_PERM */
	int retry_after_s;        /* 0: not said */
	size_t bytes;             /* of a download */
	const char *content_type; /* of a download, or NULL */
};
typedef void graph_fn(void *arg, const struct graph_answer *a);

/* client is borrowed. */
struct graph *graph_new(struct http_client *client);
/* After the client: what was under way ends with OUT_UNSURE. */
void graph_free(struct graph **g);

/*
 * Ask. path has no slash in front, and may have a query
 * ("106540352242922?fields=id"); what comes from outside in it has been
 * checked by graph_is_id(), or escaped.
 *
 * OUT_OK    fn will run
 * OUT_TEMP  too many are under way: fn does not run
 * OUT_PERM  the account's base cannot be asked
 */
enum outcome graph_get(struct graph *g, struct account *k, const char *path,
		       graph_fn *fn, void *arg, struct err *e) MUST_CHECK;
/* body: borrowed. */
enum outcome graph_post(struct graph *g, struct account *k, const char *path,
			const json_t *body, graph_fn *fn, void *arg,
			struct err *e) MUST_CHECK;

/* Upload n octets of a file, from its start, as media of the account's
 * number. fd stays the caller's and open until fn has run. */
enum outcome graph_upload(struct graph *g, struct account *k, int fd, size_t n,
			  const char *content_type, graph_fn *fn, void *arg,
			  struct err *e) MUST_CHECK;

/* Fetch media from where Graph said that it is, into a file (appended).
 * OUT_PERM also: the host is not on the list. */
enum outcome graph_download(struct graph *g, struct account *k, const char *url,
			    int fd, graph_fn *fn, void *arg,
			    struct err *e) MUST_CHECK;

/* May an id stand in a path? */
bool graph_is_id(const char *id);

/* May the token go there? https on the list (Meta's hosts, the base's, the
 * account's media_hosts), or within the account's base as it is written. */
bool graph_may_fetch(const struct account *k, const char *url);

/* Calls under way. */
size_t graph_busy(const struct graph *g);

/*
 * What an answer says. Pure.
 * status  of HTTP
 * a       to be released with json_decref(a->body)
 */
void graph_answer_read(long status, const char *text, size_t n,
		       struct graph_answer *a);

#endif
