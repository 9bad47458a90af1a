#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/common/hitput.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/file.h"
#include "gateways/console/person.h"

#define UPLOADS_WAITING 32

/* A file of somebody of the staff on its way in. */
struct upload {
	struct console *console;
	struct person *person; /* NULL: not known yet */
	struct hitput *put;
};

static const char *
handle(void *arg)
{
	const struct upload *u = arg;

	return person_handle(u->person);
}

static void
fail(void *arg, struct hit *h, enum outcome o, const struct err *e,
     int64_t retry_ms)
{
	const struct upload *u = arg;

	console_secure(u->console, h, PAGE_DATA);
	console_fail(u->console, h, o, e, retry_ms);
}

static void
stored(void *arg, struct hit *h, const char *sha256, int64_t bytes)
{
	const struct upload *u = arg;
	json_t *o = json_pack("{s:s, s:I}", "sha256", sha256, "size",
			      (json_int_t)bytes);

	console_secure(u->console, h, PAGE_DATA);
	http_json(h, 201, o);
	json_decref(o);
}

static void
gone(void *arg)
{
	struct upload *u = arg;

	person_unref(u->person);
	mem_free(u);
}

struct hitputs *
file_puts(const struct console *c)
{
	static const struct hitput_hooks hooks = {
		.handle = handle,
		.fail = fail,
		.stored = stored,
		.gone = gone,
	};

	return hitputs_new(c->server, c->bus, FILE_UPLOADS, &hooks);
}

static void
known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct upload *u = arg;
	struct err late;

	if (p == NULL) {
		hitput_fail(u->put, o, e);
		return;
	}
	u->person = person_ref(p);
	if (person_may(p) &&
	    hitputs_waiting(u->console->puts) < UPLOADS_WAITING) {
		hitput_ready(u->put);
		return;
	}
	(void)err_code(&late, OUT_TEMP, "too_many", "too many uploads at once");
	hitput_fail(u->put, OUT_TEMP, &late);
}

static void
begin(struct console *c, struct hit *h, const char *secret, bool token)
{
	struct upload *u = mem_new(1, sizeof *u);

	u->console = c;
	u->put = hitput_new(c->puts, h, u);
	person_open(c, secret, token, known, u);
}

void
file_upload(struct console *c, struct hit *h)
{
	const char *auth = hit_header(h, "authorization");
	char cookie[HTTP_COOKIE_MAX];
	int status = 401;

	if (hit_length(h) == 0) {
		status = 400;
	} else if (auth != NULL && strncmp(auth, "Bearer ", 7) == 0 &&
		   auth[7] != '\0' && strlen(auth + 7) < HTTP_COOKIE_MAX) {
		begin(c, h, auth + 7, true);
		return;
	} else if (http_cookie(hit_header(h, "cookie"), console_cookie(c),
			       cookie, sizeof cookie)) {
		if (console_same_origin(c, h)) {
			begin(c, h, cookie, false);
			return;
		}
		status = 403;
	}
	console_secure(c, h, PAGE_DATA);
	http_error(h, status,
		   status == 400   ? "bad_params"
		   : status == 401 ? "no_session"
				   : "not_allowed",
		   status == 400   ? "there is nothing in it"
		   : status == 401 ? "log in first"
				   : "not from a page of ours",
		   0);
}
