/*
 * postigo-mime: reads and writes mails for postigo-mail, its parent, over
 * the socket that is its standard input. It opens nothing and speaks to
 * nobody else; a hostile mail costs this process alone.
 *
 * Not here: any decision about incidents.
 */

#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "gateways/mail/build.h"
#include "gateways/mail/child.h"
#include "gateways/mail/parse.h"

#define MEMORY_MAX ((rlim_t)512 * 1024 * 1024)
#define FILES_MAX 16 /* iconv loads its tables by file */

static void
limit(int what, rlim_t n)
{
	struct rlimit r = { n, n };

	(void)setrlimit(what, &r);
}

static void
confine(void)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NPROC, 0);
	limit(RLIMIT_NOFILE, FILES_MAX);
#ifndef SANITIZED
	limit(RLIMIT_AS, MEMORY_MAX);
#endif
}

static int
reply(enum child_op op, json_t *o, const struct buf *octets)
{
	char *json = json_dumps(o, JSON_COMPACT);
	struct child_frame f = { .op = op,
				 .json_len = json ? (uint32_t)strlen(json) : 0,
				 .octets_len = octets->len };
	int rc = -1;

	if (json && child_write(1, &f, sizeof(f)) == 0 &&
	    child_write(1, json, f.json_len) == 0 &&
	    child_write(1, buf_str(octets), octets->len) == 0)
		rc = 0;
	free(json);
	json_decref(o);
	return rc;
}

static int
serve(const struct child_frame *f, const json_t *request, const char *octets)
{
	struct buf out;
	struct err e = { .text = "" };
	json_t *o = NULL;
	int rc;

	buf_init(&out, CHILD_OCTETS_MAX);
	(void)alarm(CHILD_ALARM_S);
	if (f->op == CHILD_PARSE) {
		o = parse_mail(octets, f->octets_len, &out);
	} else if (f->op == CHILD_STRIP) {
		parse_strip(octets, f->octets_len,
			    json_is_true(json_object_get(request, "html")),
			    &out);
		o = json_object();
	} else if (f->op == CHILD_BUILD) {
		if (build_mail(request, octets, f->octets_len, &out, &e) ==
		    OUT_OK)
			o = json_object();
	}
	(void)alarm(0);
	rc = o ? reply(CHILD_DONE, o, &out)
	       : reply(CHILD_REFUSED, json_pack("{s:s}", "text", e.text), &out);
	buf_release(&out);
	return rc;
}

static int
one_request(void)
{
	struct child_frame f;
	char *json, *octets;
	json_t *request;
	int rc = -1;

	if (child_read(0, &f, sizeof(f)) < 0 || f.json_len > CHILD_JSON_MAX ||
	    f.octets_len > CHILD_OCTETS_MAX)
		return -1;
	json = mem_new(f.json_len + 1, 1);
	octets = mem_new(f.octets_len + 1, 1);
	if (child_read(0, json, f.json_len) == 0 &&
	    child_read(0, octets, f.octets_len) == 0) {
		request = json_loadb(json, f.json_len, 0, NULL);
		if (request)
			rc = serve(&f, request, octets);
		json_decref(request);
	}
	mem_free(json);
	mem_free(octets);
	return rc;
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1 || isatty(0)) {
		static const char say[] =
			"postigo-mime is started by postigo-mail\n";

		(void)!write(2, say, sizeof(say) - 1);
		return 64;
	}
	closefrom(3);
	confine();
	parse_start();
	while (one_request() == 0)
		;
	return 0;
}
