#include "gateways/common/webopt.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config.h"

/* An option that has a value, and is none of every gateway. */
static bool
take(struct webopt *o, const char *name, const char *value)
{
	struct server_options *s = &o->server;

	if (strcmp(name, "--listen") == 0)
		s->listen = value;
	else if (strcmp(name, "--tls-cert") == 0)
		s->tls_cert = value;
	else if (strcmp(name, "--tls-key") == 0)
		s->tls_key = value;
	else if (strcmp(name, "--trusted-proxy") == 0 &&
		 s->proxy_count < WEBOPT_PROXIES)
		o->proxies[s->proxy_count++] = value;
	else
		return o->own != NULL && o->own(o->arg, name, value);
	return true;
}

static bool
read_line(struct webopt *o, int argc, char **argv)
{
	struct err e = { .text = "" };
	int i;

	for (i = 1; i < argc; i++) {
		enum outcome r = gw_option(&o->gw, argc, argv, &i, &e);

		if (r == OUT_PERM)
			(void)fprintf(stderr, "%s: %s\n", o->program, e.text);
		if (r == OUT_OK)
			continue;
		if (r == OUT_PERM || i + 1 >= argc ||
		    !take(o, argv[i], argv[i + 1]))
			return false;
		i++;
	}
	o->server.proxies = o->proxies;
	return true;
}

int
webopt_read(struct webopt *o, int argc, char **argv)
{
	int code = GW_OK;

	gw_options_init(&o->gw, o->role);
	if (!read_line(o, argc, argv)) {
		(void)fputs(o->usage, stderr);
		code = GW_USAGE;
	} else if (o->gw.help) {
		(void)fputs(o->usage, stdout);
	} else if (o->gw.version) {
		(void)printf("%s %s\n", o->program, PACKAGE_VERSION);
	} else {
		return -1;
	}
	webopt_release(o);
	return code;
}

void
webopt_release(struct webopt *o)
{
	gw_options_release(&o->gw);
}

enum outcome
webopt_public(const char *url, bool *https_out, char **host_out, struct err *e)
{
	bool https = strncmp(url, "https://", 8) == 0;
	const char *host = url + (https ? 8 : 7);

	if ((!https && strncmp(url, "http://", 7) != 0) || host[0] == '\0')
		return err_set(e, OUT_PERM, "'%s' is not https://HOST[:PORT]",
			       url);
	*https_out = https;
	*host_out = mem_strndup(host, strcspn(host, "/"));
	return OUT_OK;
}
