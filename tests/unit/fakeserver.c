#include "tests/unit/fakeserver.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define DRIP_US 20000
#define HEARD_MAX ((size_t)64 << 20)

struct fake {
	pthread_t thread;
	int fd;
	const struct fake_step *steps;
	int let_down;
	struct buf heard;
};

static bool
say(struct fake *f, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(f->fd, p, n, MSG_NOSIGNAL);

		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

/* Append one line, with its end, to what was heard; its place. */
static bool
hear_line(struct fake *f, size_t *at)
{
	char c = '\0';

	*at = f->heard.len;
	while (c != '\n') {
		if (recv(f->fd, &c, 1, 0) != 1)
			return false;
		buf_putc(&f->heard, c);
	}
	return true;
}

static bool
drip(struct fake *f, const char *text)
{
	for (size_t i = 0;; i = text[i + 1] == '\0' ? 0 : i + 1) {
		if (!say(f, text + i, 1))
			return true;
		usleep(DRIP_US);
	}
}

static bool
until(struct fake *f, const char *text)
{
	size_t at;

	while (hear_line(f, &at)) {
		const char *line = f->heard.data + at;

		if (strncmp(line, text, strlen(text)) == 0 &&
		    line[strlen(text)] == '\r')
			return true;
	}
	return false;
}

static bool
eat(struct fake *f, size_t n)
{
	char c;

	for (; n > 0; n--) {
		if (recv(f->fd, &c, 1, 0) != 1)
			return false;
		buf_putc(&f->heard, c);
	}
	return true;
}

static bool
obey(struct fake *f, const struct fake_step *s)
{
	size_t at;
	char c;

	switch (s->what) {
	case FAKE_SAY:
		return say(f, s->text, s->n != 0 ? s->n : strlen(s->text));
	case FAKE_HEAR:
		return hear_line(f, &at) && strncmp(f->heard.data + at, s->text,
						    strlen(s->text)) == 0;
	case FAKE_UNTIL:
		return until(f, s->text);
	case FAKE_EAT:
		return eat(f, s->n);
	case FAKE_DRIP:
		return drip(f, s->text);
	case FAKE_FLOOD:
		while (say(f, s->text, strlen(s->text)))
			;
		return true;
	default:
		while (recv(f->fd, &c, 1, 0) == 1)
			;
		return true;
	}
}

static void *
work(void *arg)
{
	struct fake *f = arg;

	for (int i = 0; f->steps[i].what != FAKE_END; i++)
		if (!obey(f, &f->steps[i])) {
			f->let_down = i;
			break;
		}
	shutdown(f->fd, SHUT_RDWR);
	return NULL;
}

struct fake *
fake_start(const struct fake_step *steps, int *fd_out)
{
	struct fake *f = mem_new(1, sizeof(*f));
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		abort();
	buf_init(&f->heard, HEARD_MAX);
	f->fd = pair[0];
	f->steps = steps;
	f->let_down = -1;
	*fd_out = pair[1];
	if (pthread_create(&f->thread, NULL, work, f) != 0)
		abort();
	return f;
}

int
fake_finish(struct fake *f)
{
	pthread_join(f->thread, NULL);
	return f->let_down;
}

char *
fake_heard(struct fake *f, size_t *n_out)
{
	*n_out = f->heard.len;
	return mem_strndup(buf_str(&f->heard), f->heard.len);
}

void
fake_free(struct fake *f)
{
	close(f->fd);
	buf_release(&f->heard);
	mem_free(f);
}
