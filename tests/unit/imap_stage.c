#include "tests/unit/imap_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

const struct net_login ana = { "ana", "secret-word", NULL };
const struct net_server here = { .host = "fake",
				 .security = NET_SEC_NONE,
				 .wait_ms = LONG_MS };

void
begin_as(struct stage *g, const struct fake_step *steps,
	 const struct net_server *server, const struct net_login *login)
{
	int fd;

	memset(g, 0, sizeof(*g));
	g->fake = fake_start(steps, &fd);
	g->opened = imap_open_over(stream_over(fd, server), server, login,
				   &g->imap, &g->e);
}

void
begin(struct stage *g, const struct fake_step *steps)
{
	begin_as(g, steps, &here, &ana);
}

void
begin_selected(struct stage *g, const struct fake_step *steps)
{
	struct imap_folder f;

	begin(g, steps);
	assert_int_equal(g->opened, OUT_OK);
	assert_int_equal(imap_select(g->imap, "INBOX", &f, &g->e), OUT_OK);
	assert_int_equal(f.uidvalidity, 7);
	assert_int_equal(f.uidnext, 40);
	assert_false(f.read_only);
}

void
end(struct stage *g)
{
	imap_close(&g->imap);
	assert_int_equal(fake_finish(g->fake), -1);
	fake_free(g->fake);
}
