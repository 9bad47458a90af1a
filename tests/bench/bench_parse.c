/*
 * bench_parse: how fast mails are read, in this process: by our parser, and
 * by a bare pass of GMime that only builds the tree and decodes each part.
 *
 *   bench_parse SECONDS FILE...
 *
 * Each goes through the files again and again for so many seconds. Prints one
 * JSON line: mails and octets per second of both, the slowest mail of ours.
 */

#include <gmime/gmime.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/child.h"
#include "gateways/mail/parse.h"
#include "tests/bench/bench.h"

#define MAIL_MAX ((size_t)50 * 1024 * 1024)

struct mails {
	struct buf *raw;
	char **names;
	size_t count;
	size_t octets;
};

struct figure {
	double mails_per_s;
	double octets_per_s;
};

static void
read_files(struct mails *m, char **names, size_t n)
{
	m->raw = mem_new(n, sizeof(*m->raw));
	m->names = names;
	m->count = n;
	for (size_t i = 0; i < n; i++) {
		FILE *f = fopen(names[i], "re");
		size_t got;

		if (!f)
			bench_die("cannot open '%s'", names[i]);
		buf_init(&m->raw[i], MAIL_MAX);
		while (buf_room(&m->raw[i], 65536) &&
		       (got = fread(m->raw[i].data + m->raw[i].len, 1, 65536,
				    f)) > 0)
			m->raw[i].len += got;
		(void)fclose(f);
		m->octets += m->raw[i].len;
	}
}

static void
by_us(const struct buf *raw)
{
	struct buf octets;

	buf_init(&octets, CHILD_OCTETS_MAX);
	json_decref(parse_mail(buf_str(raw), raw->len, &octets));
	buf_release(&octets);
}

static void
decode(GMimeObject *parent, GMimeObject *part, gpointer arg)
{
	GMimeDataWrapper *content;

	(void)parent;
	(void)arg;
	if (!GMIME_IS_PART(part))
		return;
	content = g_mime_part_get_content(GMIME_PART(part));
	if (content) {
		GMimeStream *mem = g_mime_stream_mem_new();

		(void)g_mime_data_wrapper_write_to_stream(content, mem);
		g_object_unref(mem);
	}
}

static void
by_gmime(const struct buf *raw)
{
	GMimeStream *mem =
		g_mime_stream_mem_new_with_buffer(buf_str(raw), raw->len);
	GMimeParser *parser = g_mime_parser_new_with_stream(mem);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);

	if (m) {
		g_mime_message_foreach(m, decode, NULL);
		g_object_unref(m);
	}
	g_object_unref(parser);
	g_object_unref(mem);
}

/* Whole rounds of all mails, until the time is over. */
static struct figure
measure(const struct mails *m, void (*read)(const struct buf *), long seconds)
{
	double begun = bench_us(), us;
	struct figure f;
	size_t rounds = 0;

	do {
		for (size_t i = 0; i < m->count; i++)
			read(&m->raw[i]);
		rounds++;
		us = bench_us() - begun;
	} while (us < (double)seconds * 1e6);
	f.mails_per_s = (double)(rounds * m->count) * 1e6 / us;
	f.octets_per_s = (double)(rounds * m->octets) * 1e6 / us;
	return f;
}

/* The mail that takes longest; returns its microseconds. */
static double
slowest(const struct mails *m, const char **name)
{
	double worst = 0;

	for (size_t i = 0; i < m->count; i++) {
		double begun = bench_us(), us;

		by_us(&m->raw[i]);
		us = bench_us() - begun;
		if (us > worst) {
			worst = us;
			*name = m->names[i];
		}
	}
	return worst;
}

int
main(int argc, char **argv)
{
	struct mails m = { 0 };
	struct figure us, gmime;
	const char *name = "";
	long seconds;
	double worst;

	if (argc < 3)
		bench_die("usage: bench_parse SECONDS FILE...");
	seconds = bench_number("SECONDS", argv[1], 1, 600);
	parse_start();
	read_files(&m, argv + 2, (size_t)argc - 2);
	worst = slowest(&m, &name);
	gmime = measure(&m, by_gmime, seconds);
	us = measure(&m, by_us, seconds);
	(void)printf("{\"mails\": %zu, \"octets\": %zu, \"per_second\": %.0f, "
		     "\"octets_per_second\": %.0f, \"gmime_per_second\": %.0f, "
		     "\"slowest_ms\": %.1f, \"slowest\": \"%s\"}\n",
		     m.count, m.octets, us.mails_per_s, us.octets_per_s,
		     gmime.mails_per_s, worst / 1e3, name);
	for (size_t i = 0; i < m.count; i++)
		buf_release(&m.raw[i]);
	mem_free(m.raw);
	return 0;
}
