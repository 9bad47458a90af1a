/*
 * postigo-whatsapp: the gateway of WhatsApp's Business Cloud API. Deliveries
 * of Meta's server come in here; what they say, and what leaves, is the
 * worker's.
 */

#include "gateways/common/hookgw.h"
#include "gateways/whatsapp/parse.h"
#include "gateways/whatsapp/receive.h"
#include "gateways/whatsapp/worker.h"

static const char usage_text[] =
	"usage: postigo-whatsapp [run] [options]\n"
	"       postigo-whatsapp parse [FILE...]\n"
	"  --socket PATH         default DIR/run/whatsapp.sock; DIR is\n"
	"                        $POSTIGO_DIR or /var/lib/postigo\n"
	"  --listen ADDR:PORT    default 127.0.0.1:8482\n"
	"  --trusted-proxy ADDR  has no limit of connections; repeatable\n"
	"  --tls-cert FILE       PEM; with --tls-key\n"
	"  --tls-key FILE        PEM\n"
	"  --log KIND            json (default) or journald\n"
	"  --log-level LEVEL     error, warn, info (default), debug\n"
	"  --version, --help\n";

int
main(int argc, char **argv)
{
	static const struct hookgw_kind kind = { .role = "whatsapp",
						 .program = "postigo-whatsapp",
						 .usage = usage_text,
						 .listen = "127.0.0.1:8482",
						 .parse = parse_main,
						 .receive = receive_new,
						 .worker = &whatsapp_worker };

	return hookgw_main(&kind, argc, argv);
}
