/*
 * bench_parts: what one contact costs, part by part, in one process: JSON
 * (reading the request, writing the response), octets (base64 and SHA-256),
 * rules, and the arithmetic of a deadline. Rows are bench_twin's.
 *
 *   bench_parts BOOK.book [ROUNDS]
 *
 * Prints one JSON line of microseconds.
 */

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/frame.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "rules/rule.h"
#include "tests/bench/bench.h"

#define TEXT_BYTES 2048

static char text[TEXT_BYTES + 1];

static struct book *
read_book(const char *path)
{
	struct book_errors errs = { 0 };
	struct book *book = NULL;
	struct buf b;
	FILE *f = fopen(path, "re");
	size_t n;

	if (f == NULL)
		bench_die("cannot open '%s'", path);
	buf_init(&b, BOOK_BYTES_MAX);
	while ((n = fread(buf_room(&b, 4096), 1, 4096, f)) > 0)
		b.len += n;
	(void)fclose(f);
	if (book_read_trusted(b.data, b.len, &book, &errs) != OUT_OK)
		bench_die("'%s' has errors", path);
	buf_release(&b);
	return book;
}

/* A frame as a mail gateway sends it, without its newline. */
static void
make_frame(struct buf *frame)
{
	char hex[HASH_HEX];
	struct buf b64;
	struct err e;
	json_t *o;

	hash_hex(text, TEXT_BYTES, hex);
	buf_init(&b64, 3 * TEXT_BYTES);
	(void)hash_b64(&b64, text, TEXT_BYTES);
	o = json_pack("{s:s,s:i,s:s,s:{s:s,s:s,s:s,s:s,s:{s:s},s:s,s:{s:s,s:i,"
		      "s:s}}}",
		      "jsonrpc", "2.0", "id", 1, "method", "contact.add",
		      "params", "connection", "demo", "external_id",
		      "<1@tienda.example>", "digest", hex, "channel", "email",
		      "from", "address", "c@correo.example", "text", text,
		      "raw", "sha256", hex, "bytes", TEXT_BYTES, "data",
		      buf_str(&b64));
	if (o == NULL || frame_put(frame, o, &e) != OUT_OK)
		bench_die("cannot write the frame");
	frame->len--;
	json_decref(o);
	buf_release(&b64);
}

static double
time_json(long rounds)
{
	struct buf frame;
	struct buf out;
	struct err e;
	double start;
	long i;

	buf_init(&frame, FRAME_BYTES);
	buf_init(&out, FRAME_BYTES);
	make_frame(&frame);
	start = bench_us();
	for (i = 0; i < rounds; i++) {
		json_t *o;
		json_t *r;

		if (frame_parse(frame.data, frame.len, &o, &e) != OUT_OK)
			bench_die("%s", e.text);
		r = json_pack("{s:s,s:i,s:{s:i,s:s,s:i,s:i}}", "jsonrpc", "2.0",
			      "id", 1, "result", "incident", 1, "ref", "P-1",
			      "message", 1, "number", 1);
		buf_clear(&out);
		if (frame_put(&out, r, &e) != OUT_OK)
			bench_die("%s", e.text);
		json_decref(o);
		json_decref(r);
	}
	start = (bench_us() - start) / (double)rounds;
	buf_release(&frame);
	buf_release(&out);
	return start;
}

static double
time_octets(long rounds)
{
	char hex[HASH_HEX];
	struct buf b64;
	struct buf raw;
	double start;
	long i;

	buf_init(&b64, 3 * TEXT_BYTES);
	buf_init(&raw, 3 * TEXT_BYTES);
	(void)hash_b64(&b64, text, TEXT_BYTES);
	start = bench_us();
	for (i = 0; i < rounds; i++) {
		buf_clear(&raw);
		if (!hash_unb64(&raw, b64.data, b64.len))
			bench_die("base64 does not decode");
		hash_hex(raw.data, raw.len, hex);
	}
	start = (bench_us() - start) / (double)rounds;
	buf_release(&b64);
	buf_release(&raw);
	return start;
}

static double
time_rules(const struct book *book, long rounds)
{
	struct rule_facts f = { .event = "contact",
				.text[RULE_FIELD_CHANNEL] = "email",
				.text[RULE_FIELD_MAILBOX] = "demo",
				.text[RULE_FIELD_SENDER] = "c@correo.example",
				.text[RULE_FIELD_SUBJECT] = "Pedido 1042",
				.text[RULE_FIELD_BODY] = text };
	struct rule_result *r = mem_new(1, sizeof *r);
	double start = bench_us();
	long i;

	for (i = 0; i < rounds; i++)
		rule_run(book, &f, r);
	start = (bench_us() - start) / (double)rounds;
	mem_free(r);
	return start;
}

static double
time_deadline(const struct book *book, long rounds)
{
	const struct book_policy *p = book_policy_for(book, "email");
	int64_t start_s = 1795597200; /* 2026-11-25T09:00:00Z */
	int64_t sum = 0;
	double start;
	long i;

	if (p == NULL)
		bench_die("the book has no policy for email");
	start = bench_us();
	for (i = 0; i < rounds; i++)
		sum += deadline_due(p->calendar, start_s + i * 61,
				    16 * 3600 + i % 40 * 3600, NULL, 0);
	start = (bench_us() - start) / (double)rounds;
	if (sum == 0)
		bench_die("no deadline was found");
	return start;
}

int
main(int argc, char **argv)
{
	struct book *book;
	long rounds = 2000;

	if (argc < 2 || argc > 3)
		bench_die("usage: bench_parts BOOK.book [ROUNDS]");
	if (argc == 3)
		rounds = bench_number("ROUNDS", argv[2], 1, 10000000);
	hash_start();
	bench_text(1, text, TEXT_BYTES);
	book = read_book(argv[1]);
	printf("{\"rules\":%zu,\"json_us\":%.1f,\"octets_us\":%.1f,"
	       "\"rules_us\":%.1f,\"deadline_us\":%.2f}\n",
	       book_rule_count(book), time_json(rounds), time_octets(rounds),
	       time_rules(book, rounds), time_deadline(book, rounds));
	book_unref(&book);
	return 0;
}
