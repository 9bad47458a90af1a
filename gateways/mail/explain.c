#include "gateways/mail/explain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/gw.h"
#include "gateways/mail/child.h"
#include "gateways/mail/contact.h"

#define ANSWER_MS 30000

struct word {
	const char *code;
	const char *text;
};

/* Why it joins, or opens one. */
static const struct word reasons[] = {
	{ "token", "it carries a token that we signed" },
	{ "in_reply_to", "it answers a mail that we know, and its sender takes "
			 "part there" },
	{ "references", "it names a mail that we know, and its sender takes "
			"part there" },
	{ "bounce", "it brings back a mail that we sent" },
	{ "merged", "the incident that it names goes on in this one" },
	{ "late_parent", "its own reply came before it" },
	{ "repeat", "it was taken in before" },
	{ "no_reference", "it names no mail" },
	{ "unknown", "it names no mail that we know" },
	{ "stranger", "it names a mail that we know, but its sender takes no "
		      "part there" },
	{ "tokens_differ", "its tokens are of different incidents, and prove "
			   "nothing" },
	{ "other_mailbox", "what it names belongs to another mailbox that it "
			   "went to" },
	{ "gone", "the incident that it names is not there" },
	{ "closed", "the incident that it names is closed for good" },
};

/* Why it would not be acknowledged. */
static const struct word silences[] = {
	{ "no_way", "it came by no mailbox that sends" },
	{ "off", "the mailbox acknowledges nothing" },
	{ "joins", "it is not the first of its incident" },
	{ "old", "it came more than a day ago" },
	{ "robot", "a program wrote it" },
	{ "forbidden", "its header forbids an automatic answer" },
	{ "no_sender", "it has no sender" },
	{ "own_address", "it came from an address of ours" },
	{ "day", "the address got one within a day" },
	{ "many", "the address writes too much" },
};

#define WORDS(list) list, sizeof(list) / sizeof(list)[0]

/* A code in words; itself if there are none. */
static const char *
word_of(const struct word *list, size_t n, const char *code)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i].code, code) == 0)
			return list[i].text;
	return code;
}

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

static void
print_place(const json_t *r)
{
	const char *why = member(r, "why");
	const json_t *claims = json_object_get(r, "claims");
	const json_t *follows = json_object_get(r, "follows");

	if (json_is_integer(json_object_get(r, "incident")))
		(void)printf("  joins %s: ", member(r, "ref"));
	else
		(void)printf("  opens an incident: ");
	(void)printf("%s (%s)\n", word_of(WORDS(reasons), why), why);
	if (json_is_integer(claims))
		(void)printf("  claims to belong to P-%lld\n",
			     (long long)json_integer_value(claims));
	if (json_is_integer(follows))
		(void)printf("  continues P-%lld\n",
			     (long long)json_integer_value(follows));
}

static void
print_robot(const json_t *r)
{
	const char *automatic = member(r, "automatic");

	if (!json_is_true(json_object_get(r, "robot")))
		(void)printf("  written by a person");
	else if (*automatic)
		(void)printf("  written by a program (%s)", automatic);
	else
		(void)printf("  written by a program");
	(void)printf(": %s\n", json_is_true(json_object_get(r, "may_respond"))
				       ? "an automatic answer may go back"
				       : "no automatic answer may go back");
}

static void
print_answer(const json_t *r)
{
	const char *why = member(r, "acknowledge_why");
	const json_t *rules = json_object_get(r, "rules"), *name;
	size_t i;

	if (json_is_true(json_object_get(r, "acknowledge")))
		(void)printf("  is acknowledged, unless a rule answers\n");
	else
		(void)printf("  is not acknowledged: %s (%s)\n",
			     word_of(WORDS(silences), why), why);
	if (json_array_size(rules) > 0)
		(void)printf("  rules:");
	json_array_foreach(rules, i, name)(void)
		printf("%s %s", i > 0 ? "," : "", json_string_value(name));
	if (json_array_size(rules) > 0)
		(void)putchar('\n');
}

static void
print_json(const char *file, json_t *r)
{
	(void)json_object_set_new(r, "file", json_string(file));
	if (json_dumpf(r, stdout, JSON_COMPACT) < 0)
		(void)fputs("{}", stdout);
	(void)putchar('\n');
}

/* Its octets, of memory that contact_make takes; NULL: errno says why. */
static char *
read_all(const char *file, size_t *n)
{
	FILE *f = fopen(file, "re");
	struct buf raw;
	char *room;
	size_t got = 1;
	bool ok = f != NULL;

	buf_init(&raw, CONTACT_RAW_MAX);
	while (ok && got > 0) {
		room = buf_room(&raw, 65536);
		if (room == NULL)
			errno = EFBIG;
		ok = room != NULL;
		got = ok ? fread(room, 1, 65536, f) : 0;
		raw.len += got;
	}
	ok = ok && !ferror(f);
	if (f)
		(void)fclose(f);
	if (!ok) {
		buf_release(&raw);
		return NULL;
	}
	*n = raw.len;
	(void)buf_str(&raw);
	return buf_take(&raw);
}

/* What contact.add would be told, without octets. */
static json_t *
question(struct contact *c, const char *connection)
{
	json_t *p = json_deep_copy(contact_params(c));

	(void)json_object_del(p, "raw");
	(void)json_object_del(p, "attachments");
	if (!connection)
		(void)json_object_del(p, "connection");
	return p;
}

static int
explain_one(struct bus *bus, const char *connection, bool json,
	    struct child *parser, const char *file)
{
	struct contact *c = NULL;
	json_t *r = NULL;
	struct err e = { .text = "" };
	enum outcome o;
	size_t n = 0;
	char *raw = read_all(file, &n);

	if (!raw) {
		(void)fprintf(stderr, "postigo-mail: %s: %s\n", file,
			      strerror(errno));
		return GW_DATA;
	}
	o = contact_make(parser, connection ? connection : "", raw, n,
			 clock_now_ms(), &c, &e);
	if (o == OUT_OK)
		o = bus_ask(bus, "contact.explain", question(c, connection),
			    NULL, NULL, ANSWER_MS, &r, NULL, &e);
	contact_free(&c);
	if (o != OUT_OK) {
		(void)fprintf(stderr, "postigo-mail: %s: %s\n", file, e.text);
		return o == OUT_PERM ? GW_DATA : GW_TEMP;
	}
	if (json) {
		print_json(file, r);
	} else {
		(void)printf("%s\n", file);
		print_place(r);
		print_robot(r);
		print_answer(r);
	}
	(void)fflush(stdout);
	json_decref(r);
	return GW_OK;
}

int
explain_files(const char *socket, const char *connection, bool json,
	      struct child *parser, char *const *files, int count)
{
	struct bus_hooks hooks = { 0 };
	struct bus *bus = bus_new(socket, "postigo-mail", &hooks);
	int rc = GW_OK;

	for (int i = 0; i < count; i++) {
		int one = explain_one(bus, connection, json, parser, files[i]);

		rc = one == GW_OK ? rc : one;
	}
	bus_free(&bus);
	return rc;
}
