#include "daemon/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"

#define LOG_LINE_MAX 4096
#define LOG_MSG_MAX 2048

static struct {
	const char *program;
	enum log_kind kind;
	enum log_level upto;
	int journal;
} sink = { "postigo", LOG_JSON, LOG_LVL_INFO, -1 };

static const char *const level_names[] = { "error", "warn", "info", "debug" };
static const int priorities[] = { 3, 4, 6, 7 };

static int
journal_open(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX,
				 .sun_path = "/run/systemd/journal/socket" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

void
log_open(const char *program, enum log_kind kind, enum log_level upto)
{
	sink.program = program;
	sink.kind = kind;
	sink.upto = upto;
	if (kind == LOG_JOURNAL) {
		sink.journal = journal_open();
		if (sink.journal < 0)
			sink.kind = LOG_JSON;
	}
}

static void
put_json(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)buf_printf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7F)
			(void)buf_printf(b, "\\u%04x", c);
		else
			(void)buf_putc(b, (char)c);
	}
}

static void
write_json(enum log_level level, const char *event, const char *msg)
{
	struct buf b;
	char when[32];
	ssize_t n;

	clock_iso_ms(clock_now_ms(), when);
	buf_init(&b, LOG_LINE_MAX);
	(void)buf_printf(&b,
			 "{\"time\":\"%s\",\"level\":\"%s\",\"program\":\"%s\","
			 "\"pid\":%ld,\"event\":\"%s\",\"msg\":\"",
			 when, level_names[level], sink.program, (long)getpid(),
			 event);
	put_json(&b, msg);
	(void)buf_puts(&b, "\"}\n");
	do
		n = write(2, b.data, b.len);
	while (n < 0 && errno == EINTR);
	buf_release(&b);
}

/* One datagram of FIELD=value lines; systemd.journal-fields(7). */
static void
write_journal(enum log_level level, const char *event, const char *msg)
{
	struct buf b;

	buf_init(&b, LOG_LINE_MAX);
	(void)buf_printf(&b,
			 "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\n"
			 "POSTIGO_EVENT=%s\nMESSAGE=%s\n",
			 priorities[level], sink.program, event, msg);
	if (send(sink.journal, b.data, b.len, MSG_NOSIGNAL) < 0)
		write_json(level, event, msg);
	buf_release(&b);
}

void
log_write(enum log_level level, const char *event, const char *fmt, ...)
{
	char msg[LOG_MSG_MAX];
	va_list ap;
	char *p;

	if (level > sink.upto)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof msg, fmt, ap);
	va_end(ap);
	for (p = msg; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	if (sink.kind == LOG_JOURNAL)
		write_journal(level, event, msg);
	else
		write_json(level, event, msg);
}

const char *
log_text(const char *p, unsigned long n, char out[256])
{
	unsigned long i;
	size_t at = 0;

	for (i = 0; i < n && at < 200; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c >= 0x7F)
			at += (size_t)snprintf(out + at, 256 - at, "\\x%02x",
					       c);
		else
			out[at++] = (char)c;
	}
	out[at] = '\0';
	if (i < n)
		(void)snprintf(out + at, 256 - at, "...");
	return out;
}

enum outcome
log_level_parse(const char *s, enum log_level *out, struct err *e)
{
	int i;

	for (i = 0; i < 4; i++) {
		if (strcmp(s, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return OUT_OK;
		}
	}
	return err_set(e, OUT_PERM,
		       "log level '%.40s' is none of error, warn, info, debug",
		       s);
}
