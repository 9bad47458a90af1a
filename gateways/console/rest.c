#include "gateways/console/rest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/wire/csv.h"
#include "daemon/wire/frame.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/person.h"

#define PREFIX "/api/v1"
#define CSV ".csv"
#define KEY_MAX 64
#define PART_MAX 100 /* characters of a parameter in a path */
#define TOKEN_MAX 64

struct ask {
	struct console *console;
	struct hit *hit;
	const struct rest_route *route;
	json_t *params;
	bool csv; /* a report as a table */
	struct csv_form form;
};

/* --- finding ----------------------------------------------------------------- */

/* Does the path fit the pattern? Its parameters go into params. */
static bool
fits(const char *pattern, const char *path, json_t *params)
{
	while (*pattern != '\0') {
		if (*pattern == '{') {
			size_t name = strcspn(++pattern, "}");
			size_t value = strcspn(path, "/");
			char *key = mem_strndup(pattern, name);

			if (value > 0 && value <= PART_MAX)
				(void)json_object_set_new(
					params, key, json_stringn(path, value));
			mem_free(key);
			if (value == 0 || value > PART_MAX)
				return false;
			pattern += name + 1;
			path += value;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

const struct rest_route *
rest_find(const char *verb, const char *path, json_t *params, bool *known_out)
{
	size_t i;

	*known_out = false;
	for (i = 0; i < rest_count; i++) {
		(void)json_object_clear(params);
		if (!fits(rest_routes[i].path, path, params))
			continue;
		*known_out = true;
		if (strcmp(rest_routes[i].verb, verb) == 0)
			return &rest_routes[i];
	}
	(void)json_object_clear(params);
	return NULL;
}

static json_t *
convert_one(const struct param *p, const char *text)
{
	char *end;
	long long n;

	switch (p->type) {
	case PARAM_INT:
		errno = 0;
		n = strtoll(text, &end, 10);
		if (text[0] == '\0' || *end != '\0' || errno != 0)
			return NULL;
		return json_integer(n);
	case PARAM_BOOL:
		if (strcmp(text, "true") == 0 || strcmp(text, "1") == 0)
			return json_true();
		if (strcmp(text, "false") == 0 || strcmp(text, "0") == 0)
			return json_false();
		return NULL;
	case PARAM_JSON:
	case PARAM_SHAPE:
		return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	default:
		return json_string(text);
	}
}

static const struct param *
find_param(const struct method *m, const char *name)
{
	const struct param *p;

	for (p = m->params; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

enum outcome
rest_convert(const struct method *m, json_t *params, struct err *e)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(params, next, name, value)
	{
		const struct param *p = find_param(m, name);
		json_t *now;

		if (p == NULL || p->list)
			return err_code(e, OUT_PERM, "bad_params",
					"'%.60s' is not a parameter of this",
					name);
		now = convert_one(p, json_string_value(value));
		if (now == NULL)
			return err_code(e, OUT_PERM, "bad_params",
					"'%s' has not the right form", name);
		(void)json_object_set_new(params, name, now);
	}
	return OUT_OK;
}

bool
rest_key_good(const char *key)
{
	size_t n = strlen(key);

	return n > 0 && n <= KEY_MAX &&
	       strspn(key, "abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-") == n;
}

/* --- calling ----------------------------------------------------------------- */

static void
ask_free(struct ask *a)
{
	hit_unref(a->hit);
	json_decref(a->params);
	mem_free(a);
}

static void
refuse(struct ask *a, int status, const char *code, const char *message,
       int retry_s)
{
	console_secure(a->console, a->hit, PAGE_DATA);
	if (status == 401)
		hit_set(a->hit, "www-authenticate", "Bearer");
	http_error(a->hit, status, code, message, retry_s);
}

/* A report, whose JSON came from the daemon, as a file to be saved. */
static void
send_csv(struct ask *a, const struct bus_reply *r)
{
	json_t *report = NULL;
	struct buf b;
	struct err e;
	enum outcome o;

	buf_init(&b, CSV_BYTES);
	o = frame_parse(r->text, r->text_len, &report, &e);
	if (o == OUT_OK)
		o = csv_report(report, &a->form, &b, &e);
	if (o == OUT_OK) {
		/* a name that the daemon knows: letters alone */
		hit_setf(a->hit, "content-disposition",
			 "attachment; filename=\"%s.csv\"",
			 json_string_value(json_object_get(report, "report")));
		hit_send(a->hit, 200, "text/csv; charset=utf-8", b.data, b.len);
	} else {
		console_fail(a->console, a->hit, o, &e, 0);
	}
	json_decref(report);
	buf_release(&b);
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;
	bool fresh = strcmp(a->route->verb, "POST") == 0 &&
		     strchr(a->route->path, '{') == NULL;

	if (hit_alive(a->hit)) {
		console_secure(a->console, a->hit, PAGE_DATA);
		if (r->outcome == OUT_OK) {
			hit_setf(a->hit, "postigo-number", "%lld",
				 (long long)r->number);
		}
		if (r->outcome == OUT_OK && a->csv) {
			send_csv(a, r);
		} else if (r->outcome == OUT_OK) {
			hit_send(a->hit, fresh ? 201 : 200, "application/json",
				 r->text, r->text_len);
		} else {
			console_fail(a->console, a->hit, r->outcome, &r->err,
				     r->retry_after_ms);
		}
	}
	ask_free(a);
}

static void
call(struct ask *a, struct person *p)
{
	const char *key = hit_header(a->hit, "idempotency-key");
	struct err e;
	enum outcome o;

	if (!person_may(p)) {
		refuse(a, 429, "too_many", "too many requests", 1);
		ask_free(a);
		return;
	}
	o = bus_call_text(a->console->bus, a->route->method,
			  json_incref(a->params), person_handle(p), key,
			  answered, a, &e);
	if (o != OUT_OK) {
		console_secure(a->console, a->hit, PAGE_DATA);
		console_fail(a->console, a->hit, o, &e, 0);
		ask_free(a);
	}
}

static void
known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct ask *a = arg;

	if (p != NULL) {
		call(a, p);
		return;
	}
	if (o == OUT_PERM) {
		refuse(a, 401, "no_session", "log in, or show a token", 0);
	} else {
		console_secure(a->console, a->hit, PAGE_DATA);
		console_fail(a->console, a->hit, o, e, 0);
	}
	ask_free(a);
}

/* Who asks: an API token before a cookie. */
static void
identify(struct ask *a)
{
	struct console *c = a->console;
	const char *auth = hit_header(a->hit, "authorization");
	char cookie[HTTP_COOKIE_MAX];

	if (auth != NULL && strncasecmp(auth, "Bearer ", 7) == 0) {
		auth += 7;
		if (auth[0] == '\0' || strlen(auth) > TOKEN_MAX)
			refuse(a, 401, "no_session", "no such token", 0);
		else {
			person_open(c, auth, true, known, a);
			return;
		}
	} else if (!http_cookie(hit_header(a->hit, "cookie"), console_cookie(c),
				cookie, sizeof cookie)) {
		refuse(a, 401, "no_session", "log in, or show a token", 0);
	} else if (strcmp(a->route->verb, "GET") != 0 &&
		   !console_same_origin(c, a->hit)) {
		refuse(a, 403, "not_allowed", "not from a page of ours", 0);
	} else {
		person_open(c, cookie, false, known, a);
		return;
	}
	ask_free(a);
}

/* --- reading ----------------------------------------------------------------- */

static enum outcome
take_query(struct ask *a, struct err *e)
{
	size_t i;

	for (i = 0; hit_arg_at(a->hit, i) != NULL; i++) {
		const char *arg = hit_arg_at(a->hit, i);
		const char *eq = strchr(arg, '=');
		char *name;
		json_t *value = eq != NULL ? json_string(eq + 1) : NULL;
		bool bad;

		if (value == NULL)
			return err_code(e, OUT_PERM, "bad_params",
					"the query is malformed");
		name = mem_strndup(arg, (size_t)(eq - arg));
		/* jansson refuses a name that is not UTF-8. */
		bad = json_object_set_new(a->params, name, value) != 0;
		mem_free(name);
		if (bad)
			return err_code(e, OUT_PERM, "bad_params",
					"the query is malformed");
	}
	return OUT_OK;
}

static void
body(void *arg, struct hit *h, const char *p, size_t n)
{
	struct ask *a = arg;
	json_t *o = NULL;
	struct err e;

	if (p == NULL) {
		ask_free(a);
		return;
	}
	if (n != 0 &&
	    !http_is_type(hit_header(h, "content-type"), "application/json")) {
		refuse(a, 415, "bad_params", "the body must be JSON", 0);
		ask_free(a);
		return;
	}
	if (n != 0 && frame_parse(p, n, &o, &e) != OUT_OK) {
		refuse(a, 400, "bad_params", "the body is not a JSON object",
		       0);
		ask_free(a);
		return;
	}
	if (o != NULL) {
		/* What the path says wins. */
		(void)json_object_update_missing(a->params, o);
		json_decref(o);
	}
	identify(a);
}

/* Is a word of the query there, and not off? It is taken out. */
static bool
take_flag(json_t *params, const char *name)
{
	const char *v = json_string_value(json_object_get(params, name));
	bool on = v != NULL && strcmp(v, "0") != 0 && strcmp(v, "false") != 0;

	(void)json_object_del(params, name);
	return on;
}

/* GET /reports/{report}.csv?semicolon=1&bom=1: what is the path's and the
 * query's own, and no parameter of the method. */
static void
take_csv(struct ask *a)
{
	const char *name =
		json_string_value(json_object_get(a->params, "report"));
	size_t n = name != NULL ? strlen(name) : 0;

	if (strcmp(a->route->method, "report.get") != 0 || n <= strlen(CSV) ||
	    strcmp(name + n - strlen(CSV), CSV) != 0)
		return;
	a->csv = true;
	(void)json_object_set_new(a->params, "report",
				  json_stringn(name, n - strlen(CSV)));
	a->form.semicolon = take_flag(a->params, "semicolon");
	a->form.bom = take_flag(a->params, "bom");
}

static void
start(struct ask *a)
{
	const struct method *m = method_find(a->route->method);
	const char *key = hit_header(a->hit, "idempotency-key");
	bool get = strcmp(a->route->verb, "GET") == 0;
	struct err e;
	enum outcome o = get ? take_query(a, &e) : OUT_OK;

	if (o == OUT_OK && get)
		take_csv(a);
	if (o == OUT_OK && m != NULL)
		o = rest_convert(m, a->params, &e);
	if (o != OUT_OK) {
		refuse(a, 400, "bad_params", e.text, 0);
	} else if (key != NULL && !rest_key_good(key)) {
		refuse(a, 400, "bad_params",
		       "'Idempotency-Key' is at most 64 of A-Z a-z 0-9 _ . : -",
		       0);
	} else if (get) {
		identify(a);
		return;
	} else {
		hit_body(a->hit, CONSOLE_BODY_BYTES, body, a);
		return;
	}
	ask_free(a);
}

void
rest_hit(struct console *c, struct hit *h)
{
	struct ask *a = mem_new(1, sizeof *a);
	const char *path = hit_path(h) + strlen(PREFIX);
	const char *verb = hit_method(h);
	bool exists;

	if (strcmp(verb, "HEAD") == 0)
		verb = "GET";
	a->console = c;
	a->hit = hit_ref(h);
	a->params = json_object();
	a->route = rest_find(verb, path, a->params, &exists);
	if (a->route != NULL) {
		start(a);
		return;
	}
	if (strcmp(path, "/openapi.json") == 0 && strcmp(verb, "GET") == 0) {
		console_secure(c, h, PAGE_DATA);
		hit_send(h, 200, "application/json", rest_openapi,
			 rest_openapi_len);
	} else {
		refuse(a, exists ? 405 : 404, "not_found",
		       exists ? "no such verb here" : "no such path", 0);
	}
	ask_free(a);
}
