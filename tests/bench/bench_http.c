/*
 * bench_http: latency of one GET over a connection that is kept.
 *
 *   bench_http PORT PATH TOKEN COUNT
 *
 * PATH and TOKEN may be @FILE: its lines in turn, so that other incidents are
 * asked for, and no session asks too often.
 *
 * Prints one JSON line: count, bytes of a body, p50_us, p99_us, max_us.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "tests/bench/bench.h"

#define LINES_MAX 4096
#define FILE_MAX (1024 * 1024)

/* One text, or the lines of a file. */
struct lines {
	const char *line[LINES_MAX];
	size_t n;
};

static void
lines_read(struct lines *l, const char *arg)
{
	char *text;
	char *rest;
	FILE *f;

	l->n = 0;
	if (*arg != '@') {
		l->line[l->n++] = arg;
		return;
	}
	f = fopen(arg + 1, "r");
	text = mem_new(FILE_MAX, 1);
	if (f == NULL || fread(text, 1, FILE_MAX - 1, f) == 0)
		bench_die("cannot read '%s'", arg + 1);
	(void)fclose(f);
	for (rest = text; l->n < LINES_MAX;) {
		char *one = strtok_r(rest, "\n", &rest);

		if (one == NULL)
			break;
		l->line[l->n++] = one;
	}
}

static int
connect_to(long port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1;

	a.sin_port = htons((uint16_t)port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		bench_die("cannot connect to port %ld", port);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

static void
more(int fd, struct buf *b)
{
	char *at = buf_room(b, 65536);
	ssize_t n;

	if (at == NULL)
		bench_die("the response is too large");
	n = recv(fd, at, 65536, 0);
	if (n <= 0)
		bench_die("the connection was closed");
	b->len += (size_t)n;
	b->data[b->len] = '\0';
}

/* Read one response; returns the length of its body. */
static size_t
response(int fd, struct buf *b)
{
	const char *end;
	const char *length;
	size_t head;
	size_t body;

	buf_clear(b);
	do
		more(fd, b);
	while ((end = strstr(b->data, "\r\n\r\n")) == NULL);
	if (strncmp(b->data, "HTTP/1.1 200", 12) != 0)
		bench_die("not 200: %.200s", b->data);
	length = strcasestr(b->data, "\r\ncontent-length:");
	if (length == NULL || length > end)
		bench_die("no Content-Length: %.400s", b->data);
	body = (size_t)strtoul(length + 17, NULL, 10);
	head = (size_t)(end - b->data) + 4;
	while (b->len < head + body)
		more(fd, b);
	return body;
}

int
main(int argc, char **argv)
{
	static struct lines paths;
	static struct lines tokens;
	struct buf in;
	double *took;
	size_t body = 0;
	long count;
	long i;
	int fd;

	if (argc != 5)
		bench_die("usage: bench_http PORT PATH TOKEN COUNT");
	count = bench_number("COUNT", argv[4], 1, 1000000);
	fd = connect_to(bench_number("PORT", argv[1], 1, 65535));
	lines_read(&paths, argv[2]);
	lines_read(&tokens, argv[3]);
	if (paths.n == 0 || tokens.n == 0)
		bench_die("nothing to ask for");
	took = mem_new((size_t)count, sizeof *took);
	buf_init(&in, 16 * 1024 * 1024);
	for (i = 0; i < count; i++) {
		char *request =
			mem_printf("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\n"
				   "Authorization: Bearer %s\r\n\r\n",
				   paths.line[(size_t)i % paths.n], argv[1],
				   tokens.line[(size_t)i % tokens.n]);

		took[i] = bench_us();
		if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
			bench_die("the connection was closed");
		body = response(fd, &in);
		took[i] = bench_us() - took[i];
		mem_free(request);
	}
	bench_sort(took, (size_t)count);
	printf("{\"count\":%ld,\"bytes\":%zu,\"p50_us\":%.0f,\"p99_us\":%.0f,"
	       "\"max_us\":%.0f}\n",
	       count, body, bench_quantile(took, (size_t)count, 0.5),
	       bench_quantile(took, (size_t)count, 0.99), took[count - 1]);
	(void)close(fd);
	return 0;
}
