/*
 * bench_contacts: durable contacts per second over the bus. Speaks to
 * DIR/run/mail.sock as a mail gateway would, keeps WINDOW requests under
 * way, and counts a contact when its response came.
 *
 *   bench_contacts SOCKET CONNECTION COUNT WINDOW BYTES FIRST [RATE [FILE]]
 *
 * RATE: contacts a second at most, however fast they are answered; 0: as many
 * as are. FILE: gets a line of each contact, when it was sent and when it was
 * answered, in microseconds of the monotonic clock.
 *
 * Prints one JSON line: contacts, seconds, per_second, p50_us, p99_us, max_us.
 */

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "tests/bench/bench.h"

struct load {
	struct bus *bus;
	const char *connection;
	long count;
	long window;
	size_t bytes;
	long first;
	long sent;
	long answered;
	long failed;
	long rate;     /* 0: as many as are answered */
	double *begun; /* when contact i was sent, */
	double *ended; /* and answered; at last how long that took */
	double start;
};

struct one {
	struct load *load;
	long i;
};

static json_t *
contact(const struct load *l, long i)
{
	char *text = mem_new(l->bytes + 1, 1);
	char now[32];
	char hex[HASH_HEX];
	char body[HASH_HEX];
	struct buf raw;
	struct buf b64;
	json_t *o;

	bench_text(i, text, l->bytes);
	clock_iso_ms(clock_now_ms(), now);
	buf_init(&raw, l->bytes + 1024);
	buf_init(&b64, 2 * l->bytes + 4096);
	(void)buf_printf(&raw,
			 "Message-ID: <bench.%ld@tienda.example>\r\n"
			 "From: Cliente <c%ld@correo.example>\r\n"
			 "Subject: Pedido %ld\r\n\r\n%s\r\n",
			 i, i, i, text);
	hash_hex(raw.data, raw.len, hex);
	hash_hex(text, strlen(text), body);
	(void)hash_b64(&b64, raw.data, raw.len);
	o = json_pack("{s:s, s:o, s:s, s:s, s:s, s:{s:s, s:o}, s:o, s:s, "
		      "s:{s:s, s:I, s:s}}",
		      "connection", l->connection, "external_id",
		      json_sprintf("<bench.%ld@tienda.example>", i), "digest",
		      body, "received_at", now, "channel", "email", "from",
		      "name", "Cliente", "address",
		      json_sprintf("c%ld@correo.example", i), "subject",
		      json_sprintf("Pedido %ld", i), "text", text, "raw",
		      "sha256", hex, "bytes", (json_int_t)raw.len, "data",
		      buf_str(&b64));
	buf_release(&raw);
	buf_release(&b64);
	mem_free(text);
	if (o == NULL)
		bench_die("could not write a contact");
	return o;
}

static void send_more(struct load *l);

static void
answered(void *arg, const struct bus_reply *r)
{
	struct one *one = arg;
	struct load *l = one->load;

	if (r->outcome != OUT_OK) {
		if (l->failed++ == 0)
			(void)fprintf(stderr, "contact %ld: %s\n", one->i,
				      r->err.text);
	}
	l->ended[one->i] = bench_us();
	l->answered++;
	mem_free(one);
	send_more(l);
}

/* How many may have been sent by now. */
static long
allowed(const struct load *l)
{
	double spent = (bench_us() - l->start) / 1e6;

	return l->rate == 0 ? l->count : 1 + (long)(spent * (double)l->rate);
}

static void
send_more(struct load *l)
{
	struct err e;
	long limit = allowed(l);

	while (l->sent < l->count && l->sent < limit &&
	       l->sent - l->answered < l->window) {
		struct one *one = mem_new(1, sizeof *one);
		json_t *o = contact(l, l->first + l->sent);

		one->load = l;
		one->i = l->sent;
		l->begun[l->sent] = bench_us();
		if (bus_call(l->bus, "contact.add", o, NULL, NULL, answered,
			     one, &e) != OUT_OK)
			bench_die("could not send: %s", e.text);
		l->sent++;
	}
}

static void
run(struct load *l)
{
	struct err e;
	enum outcome o;

	while ((o = bus_step(l->bus, &e)) == OUT_TEMP)
		(void)poll(NULL, 0, 20);
	if (o != OUT_OK)
		bench_die("cannot connect: %s", e.text);
	l->start = bench_us();
	send_more(l);
	while (l->answered < l->count) {
		struct pollfd p = { .fd = bus_fd(l->bus), .events = POLLIN };

		if (bus_wants_write(l->bus))
			p.events |= POLLOUT;
		if (poll(&p, 1, l->rate != 0 ? 1 : 10000) == 0 && l->rate == 0)
			bench_die("no answer for 10 s");
		send_more(l);
		if (bus_step(l->bus, &e) != OUT_OK)
			bench_die("connection lost: %s", e.text);
	}
}

/* A line of each contact, in the order in which they were sent. */
static void
list(const struct load *l, const char *name)
{
	FILE *f = fopen(name, "we");
	long i;

	if (f == NULL)
		bench_die("cannot write %s: %s", name, strerror(errno));
	for (i = 0; i < l->count; i++)
		(void)fprintf(f, "%.0f %.0f\n", l->begun[i], l->ended[i]);
	if (fclose(f) != 0)
		bench_die("cannot write %s: %s", name, strerror(errno));
}

int
main(int argc, char **argv)
{
	struct load l = { 0 };
	double spent;
	long i;

	if (argc < 7 || argc > 9)
		bench_die("usage: bench_contacts SOCKET CONNECTION COUNT "
			  "WINDOW BYTES FIRST [RATE [FILE]]");
	hash_start();
	l.connection = argv[2];
	l.count = bench_number("COUNT", argv[3], 1, 10000000);
	l.window = bench_number("WINDOW", argv[4], 1, 256);
	l.bytes = (size_t)bench_number("BYTES", argv[5], 1, 100000);
	l.first = bench_number("FIRST", argv[6], 0, 1000000000);
	if (argc > 7)
		l.rate = bench_number("RATE", argv[7], 0, 1000000);
	l.begun = mem_new((size_t)l.count, sizeof *l.begun);
	l.ended = mem_new((size_t)l.count, sizeof *l.ended);
	l.bus = bus_new(argv[1], "bench_contacts", NULL);
	run(&l);
	spent = (bench_us() - l.start) / 1e6;
	if (argc > 8)
		list(&l, argv[8]);
	for (i = 0; i < l.count; i++)
		l.ended[i] -= l.begun[i];
	bench_sort(l.ended, (size_t)l.count);
	printf("{\"contacts\":%ld,\"failed\":%ld,\"seconds\":%.3f,"
	       "\"per_second\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,"
	       "\"max_us\":%.0f}\n",
	       l.count, l.failed, spent, (double)l.count / spent,
	       bench_quantile(l.ended, (size_t)l.count, 0.5),
	       bench_quantile(l.ended, (size_t)l.count, 0.99),
	       l.ended[l.count - 1]);
	bus_free(&l.bus);
	mem_free(l.begun);
	mem_free(l.ended);
	return l.failed != 0;
}
