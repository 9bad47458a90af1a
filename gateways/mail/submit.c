#include "gateways/mail/submit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/gw.h"
#include "gateways/mail/child.h"
#include "gateways/mail/contact.h"

#define ANSWER_MS 30000
#define REACH_MS 3000 /* to find the daemon at all */
#define STEP ((size_t)64 * 1024)

static int
later(const char *what)
{
	(void)fprintf(stderr, "postigo-mail: %s; try again later\n", what);
	return GW_TEMP;
}

/* false: it could not be read, or is over the ceiling. */
static bool
read_input(int fd, struct buf *b)
{
	for (;;) {
		size_t left = b->max - b->len;
		size_t want = left < STEP ? left : STEP;
		char *room = want ? buf_room(b, want) : NULL;
		ssize_t k;

		if (!room)
			return false;
		k = read(fd, room, want);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k == 0;
		b->len += (size_t)k;
		b->data[b->len] = '\0';
	}
}

static int
put(struct bus *bus, struct contact *c)
{
	const char *method;
	json_t *params;
	struct err e;
	enum outcome o = bus_ask(bus, "ping", NULL, NULL, NULL, REACH_MS, NULL,
				 NULL, &e);

	if (o != OUT_OK)
		return later(e.text);
	while ((method = contact_next(c, &params)) != NULL) {
		o = bus_ask(bus, method, params, NULL, NULL, ANSWER_MS, NULL,
			    NULL, &e);
		if (o != OUT_OK)
			return later(e.text);
		contact_done(c);
	}
	return GW_OK;
}

int
submit_mail(int fd, const char *socket, const char *connection,
	    int64_t received_ms, struct child *parser)
{
	struct bus_hooks hooks = { 0 };
	struct contact *c = NULL;
	struct bus *bus;
	struct buf in;
	struct err e;
	size_t n;
	int rc;

	buf_init(&in, CONTACT_RAW_MAX + 1);
	if (!read_input(fd, &in)) {
		buf_release(&in);
		return later("the mail could not be read, or is over 50 MiB");
	}
	if (!in.len) {
		(void)fprintf(stderr, "postigo-mail: no mail on standard "
				      "input\n");
		buf_release(&in);
		return GW_DATA;
	}
	n = in.len;
	if (contact_make(parser, connection, buf_take(&in), n, received_ms, &c,
			 &e) != OUT_OK)
		return later(e.text);
	bus = bus_new(socket, "postigo-mail", &hooks);
	rc = put(bus, c);
	bus_free(&bus);
	contact_free(&c);
	return rc;
}
