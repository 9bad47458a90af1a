#include "gateways/common/server.h"

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/common/lws_inner.h"

#define QUIET_MS 30    /* without a word from who is to be closed */
#define QUIET_TIMES 10 /* then it is closed anyhow */

struct queued {
	struct shared *bytes;
	struct queued *next;
};

struct sock {
	size_t refs;
	struct peer *peer; /* NULL: closed */
	void *tag;
	struct buf in;    /* a message that came in parts */
	size_t fragments; /* frames of it so far */
	struct queued *first;
	struct queued *last;
	size_t queued_bytes;
	size_t queued_count;
	int close_code; /* 0: stays open */
	const char *close_reason;
	bool heard;   /* something came since it was to be closed */
	short closes; /* times that silence was waited for */
	bool dropped;
};

/* --- counted bytes --------------------------------------------------------- */

struct shared *
shared_new(const void *p, size_t n)
{
	struct shared *b = mem_new(1, sizeof *b);

	b->refs = 1;
	b->len = n;
	b->data = mem_new(LWS_PRE + n + 1, 1);
	if (n != 0)
		memcpy(b->data + LWS_PRE, p, n);
	return b;
}

struct shared *
shared_ref(struct shared *b)
{
	b->refs++;
	return b;
}

void
shared_unref(struct shared *b)
{
	if (b == NULL || --b->refs > 0)
		return;
	mem_free(b->data);
	mem_free(b);
}

size_t
shared_len(const struct shared *b)
{
	return b->len;
}

const unsigned char *
shared_data(const struct shared *b)
{
	return b->data + LWS_PRE;
}

/* --- life ------------------------------------------------------------------ */

struct sock *
sock_ref(struct sock *s)
{
	s->refs++;
	return s;
}

void
sock_unref(struct sock *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	buf_release(&s->in);
	mem_free(s);
}

bool
sock_alive(const struct sock *s)
{
	return s->peer != NULL && s->close_code == 0 && !s->dropped;
}

void *
sock_tag(const struct sock *s)
{
	return s->tag;
}

void
sock_set_tag(struct sock *s, void *tag)
{
	s->tag = tag;
}

static void
queue_pop(struct sock *s)
{
	struct queued *q = s->first;

	s->first = q->next;
	if (s->first == NULL)
		s->last = NULL;
	s->queued_bytes -= shared_len(q->bytes);
	s->queued_count--;
	shared_unref(q->bytes);
	mem_free(q);
}

int
sock_opened(struct peer *p, struct lws *wsi)
{
	struct sock *s = mem_new(1, sizeof *s);

	s->refs = 1;
	s->peer = p;
	s->tag = p->upgrade_tag;
	p->upgrade_tag = NULL;
	p->sock = s;
	p->wsi = wsi;
	buf_init(&s->in, p->server->message_bytes);
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	p->server->hooks.opened(p->server->hooks.arg, s);
	return 0;
}

void
sock_gone(struct peer *p)
{
	struct sock *s = p->sock;

	if (s == NULL)
		return;
	p->sock = NULL;
	while (s->first != NULL)
		queue_pop(s);
	s->peer = NULL;
	p->server->hooks.closed(p->server->hooks.arg, s);
	sock_unref(s);
}

/* --- in ---------------------------------------------------------------------- */

int
sock_received(struct peer *p, const void *in, size_t len)
{
	struct sock *s = p->sock;

	if (s == NULL)
		return 0;
	if (!sock_alive(s)) {
		s->heard = true;
		return 0;
	}
	if (lws_is_first_fragment(p->wsi)) {
		buf_clear(&s->in);
		s->fragments = 0;
	}
	if (lws_frame_is_binary(p->wsi)) {
		sock_close(s, 1003, "text only");
		return 0;
	}
	if (!buf_add(&s->in, in, len)) {
		sock_close(s, 1009, "message too long");
		return 0;
	}
	if (lws_remaining_packet_payload(p->wsi) != 0)
		return 0;
	if (++s->fragments > p->server->fragments) {
		sock_close(s, 1008, "too many fragments");
		return 0;
	}
	if (!lws_is_final_fragment(p->wsi))
		return 0;
	sock_ref(s);
	p->server->hooks.message(p->server->hooks.arg, s, buf_str(&s->in),
				 s->in.len);
	/* An idle WebSocket holds no message. */
	buf_release(&s->in);
	sock_unref(s);
	return 0;
}

/* --- out --------------------------------------------------------------------- */

static void
drop(struct sock *s, const char *why)
{
	if (s->dropped || s->peer == NULL)
		return;
	s->dropped = true;
	log_info("server.dropped", "a slow connection was dropped: %s", why);
	lws_set_timeout(s->peer->wsi, PENDING_TIMEOUT_KILLED_BY_PARENT,
			LWS_TO_KILL_ASYNC);
}

void
sock_send_shared(struct sock *s, struct shared *b)
{
	struct queued *q;

	if (!sock_alive(s))
		return;
	if (s->queued_count >= SOCK_QUEUE_MAX ||
	    s->queued_bytes + shared_len(b) > SOCK_QUEUE_BYTES) {
		drop(s, "too much waits to be sent");
		return;
	}
	q = mem_new(1, sizeof *q);
	q->bytes = shared_ref(b);
	if (s->last != NULL)
		s->last->next = q;
	else
		s->first = q;
	s->last = q;
	s->queued_bytes += shared_len(b);
	s->queued_count++;
	if (s->queued_count == 1) {
		lws_set_timeout(s->peer->wsi, PENDING_TIMEOUT_USER_OK,
				SOCK_STALL_S);
		(void)lws_callback_on_writable(s->peer->wsi);
	}
}

void
sock_send(struct sock *s, const void *p, size_t n)
{
	struct shared *b;

	if (!sock_alive(s))
		return;
	b = shared_new(p, n);
	sock_send_shared(s, b);
	shared_unref(b);
}

size_t
sock_queued(const struct sock *s)
{
	return s->queued_bytes;
}

void
sock_close(struct sock *s, int code, const char *reason)
{
	if (!sock_alive(s))
		return;
	s->close_code = code;
	s->heard = true;
	s->close_reason = reason;
	lws_set_timeout(s->peer->wsi, PENDING_TIMEOUT_USER_OK, SOCK_STALL_S);
	(void)lws_callback_on_writable(s->peer->wsi);
}

static int
write_first(struct peer *p, struct sock *s)
{
	struct shared *b = s->first->bytes;
	size_t before = s->queued_bytes;

	/* lws writes its frame header into the room before the bytes, the
	 * same one for every sock. */
	if (lws_write(p->wsi, b->data + LWS_PRE, b->len, LWS_WRITE_TEXT) < 0)
		return -1;
	queue_pop(s);
	if (s->first != NULL || s->close_code != 0) {
		lws_set_timeout(p->wsi, PENDING_TIMEOUT_USER_OK, SOCK_STALL_S);
		(void)lws_callback_on_writable(p->wsi);
	} else {
		lws_set_timeout(p->wsi, NO_PENDING_TIMEOUT, 0);
	}
	if (before >= SOCK_LOW_BYTES && s->queued_bytes < SOCK_LOW_BYTES &&
	    sock_alive(s))
		p->server->hooks.drained(p->server->hooks.arg, s);
	return 0;
}

/* A connection that ends with octets unread is reset, and the reason does not
 * arrive: what the browser still sends is read and dropped before. */
static bool
wait_for_quiet(struct peer *p, struct sock *s)
{
	if (!s->heard || s->closes >= QUIET_TIMES)
		return false;
	s->heard = false;
	s->closes++;
	lws_set_timer_usecs(p->wsi, QUIET_MS * LWS_US_PER_MS);
	return true;
}

int
sock_writeable(struct peer *p)
{
	struct sock *s = p->sock;
	int r = 0;

	if (s == NULL)
		return 0;
	if (s->dropped)
		return -1;
	sock_ref(s);
	if (s->first != NULL) {
		r = write_first(p, s);
	} else if (s->close_code != 0 && wait_for_quiet(p, s)) {
		r = 0;
	} else if (s->close_code != 0) {
		lws_close_reason(p->wsi, (enum lws_close_status)s->close_code,
				 (unsigned char *)s->close_reason,
				 strlen(s->close_reason));
		r = -1;
	}
	sock_unref(s);
	return r;
}
