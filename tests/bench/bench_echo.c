/*
 * bench_echo: what libwebsockets alone does: a server that sends each text
 * back, one thread, no desk behind it. The chat is compared with it.
 *
 *   bench_echo
 *
 * Prints its port, serves until standard input ends.
 */

#include <libwebsockets.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define ECHO_BYTES 16384

/* The message of one connection. */
struct echo {
	unsigned char room[LWS_PRE + ECHO_BYTES];
	size_t n;
};

static bool over;

static int
answer(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in,
       size_t len)
{
	struct echo *e = user;

	switch (why) {
	case LWS_CALLBACK_RECEIVE:
		if (lws_is_first_fragment(wsi))
			e->n = 0;
		if (e->n + len > ECHO_BYTES)
			return -1;
		memcpy(e->room + LWS_PRE + e->n, in, len);
		e->n += len;
		if (lws_is_final_fragment(wsi))
			(void)lws_callback_on_writable(wsi);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return lws_write(wsi, e->room + LWS_PRE, e->n, LWS_WRITE_TEXT) <
				       0
			       ? -1
			       : 0;
	case LWS_CALLBACK_RAW_RX_FILE:
	case LWS_CALLBACK_RAW_CLOSE_FILE:
		over = true;
		return -1;
	default:
		return 0;
	}
}

static struct lws_vhost *
listen_here(struct lws_context **ctx)
{
	static const struct lws_protocols protocols[] = {
		{ .name = "echo",
		  .callback = answer,
		  .per_session_data_size = sizeof(struct echo),
		  .rx_buffer_size = ECHO_BYTES },
		{ .name = NULL }
	};
	struct lws_context_creation_info info;

	memset(&info, 0, sizeof info);
	info.port = 0;
	info.iface = "127.0.0.1";
	info.protocols = protocols;
	info.gid = -1;
	info.uid = -1;
	info.options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
		       LWS_SERVER_OPTION_DISABLE_IPV6;
	lws_set_log_level(LLL_ERR, NULL);
	*ctx = lws_create_context(&info);
	return *ctx != NULL ? lws_create_vhost(*ctx, &info) : NULL;
}

int
main(void)
{
	struct lws_context *ctx = NULL;
	struct lws_vhost *vhost = listen_here(&ctx);
	lws_sock_file_fd_type in;

	memset(&in, 0, sizeof in);
	in.filefd = dup(0);
	if (vhost == NULL ||
	    lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, in,
				       "echo", NULL) == NULL)
		bench_die("cannot listen");
	printf("{\"port\":%d}\n", lws_get_vhost_listen_port(vhost));
	(void)fflush(stdout);
	while (!over && lws_service(ctx, 0) >= 0)
		continue;
	lws_context_destroy(ctx);
	return 0;
}
