#include "gateways/mail/put.h"

#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/contact.h"

struct put {
	struct bus *bus;
	struct contact *contact;
	put_fn *fn;
	void *arg;
};

static void advance(struct put *p);

static void
finish(struct put *p, const struct bus_reply *r)
{
	p->fn(p->arg, r);
	contact_free(&p->contact);
	mem_free(p);
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct put *p = arg;

	if (r->outcome != OUT_OK) {
		finish(p, r);
		return;
	}
	contact_done(p->contact);
	if (json_object_get(r->result, "incident"))
		finish(p, r);
	else
		advance(p);
}

static void
advance(struct put *p)
{
	struct bus_reply none = { .outcome = OUT_TEMP };
	json_t *params = NULL;
	const char *method = contact_next(p->contact, &params);

	if (!method)
		(void)err_set(&none.err, OUT_TEMP,
			      "the daemon's answer names no incident");
	else if (bus_call(p->bus, method, params, NULL, NULL, answered, p,
			  &none.err) == OUT_OK)
		return;
	finish(p, &none);
}

void
put_contact(struct bus *bus, struct contact *c, put_fn *fn, void *arg)
{
	struct put *p = mem_new(1, sizeof(*p));

	p->bus = bus;
	p->contact = c;
	p->fn = fn;
	p->arg = arg;
	advance(p);
}
