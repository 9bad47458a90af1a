#include "daemon/restore_cmd.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/backup_file.h"
#include "daemon/store/restore.h"

/* Source: postigod(8), "Exit status". */
enum {
	EXIT_FINE = 0,
	EXIT_DATA = 65,
	EXIT_INTERNAL = 70,
	EXIT_CREATE = 73,
	EXIT_AGAIN = 75
};

static int
exit_code(enum outcome o, const struct err *e)
{
	static const struct {
		const char *word;
		int code;
	} codes[] = {
		{ "no_backup", EXIT_DATA }, { "missing", EXIT_DATA },
		{ "damaged", EXIT_DATA },   { "newer", EXIT_DATA },
		{ "exists", EXIT_CREATE },  { "create", EXIT_CREATE },
		{ "locked", EXIT_AGAIN },
	};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (strcmp(e->code, codes[i].word) == 0)
			return codes[i].code;
	return o == OUT_PERM ? EXIT_INTERNAL : EXIT_AGAIN;
}

static int
fail(enum outcome o, const struct err *e)
{
	(void)fprintf(stderr, "postigod: not restored: %s\n", e->text);
	return exit_code(o, e);
}

static long long
count_of(const struct restore_result *r, const char *name)
{
	return json_integer_value(
		json_object_get(json_object_get(r->head, "counts"), name));
}

static void
say_channels(const struct restore_result *r)
{
	const json_t *name;
	size_t i;

	if (json_array_size(r->off) == 0)
		return;
	(void)printf("its channels are off: no mail is fetched, nothing is "
		     "sent; when the desk runs, switch on what you want:\n");
	json_array_foreach(r->off, i, name)(void) printf(
		"  postigo connection enable '%s'\n", json_string_value(name));
	if (r->waiting > 0)
		(void)printf("%lld answers waited to be sent when the backup "
			     "was made, and may have been sent since: they "
			     "leave when their channel is on\n",
			     (long long)r->waiting);
}

static void
say_text(const struct restore_result *r, const char *from, const char *dir)
{
	const char *at = json_string_value(json_object_get(r->head, "made_at"));

	(void)printf("restored '%s' into '%s': %lld incidents, %lld messages, "
		     "as of %s (event %lld)\n",
		     from, dir, count_of(r, "incidents"),
		     count_of(r, "messages"), at != NULL ? at : "?",
		     (long long)r->number);
	say_channels(r);
}

static void
say_json(const struct restore_result *r)
{
	json_t *o = json_pack(
		"{s:I, s:I, s:I, s:I, s:O, s:O, s:O}", "files",
		(json_int_t)r->files, "bytes", (json_int_t)r->bytes, "number",
		(json_int_t)r->number, "waiting", (json_int_t)r->waiting,
		"made_at", json_object_get(r->head, "made_at"), "counts",
		json_object_get(r->head, "counts"), "channels_off", r->off);

	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)putchar('\n');
	json_decref(o);
}

int
restore_command(const char *from, const char *dir, bool channels_on, bool json)
{
	struct restore_how how = { .channels_on = channels_on };
	struct restore_result r;
	struct err e = { .text = "" };
	enum outcome o = restore_run(from, dir, how, &r, &e);
	int code = EXIT_FINE;

	if (o != OUT_OK)
		code = fail(o, &e);
	else if (json)
		say_json(&r);
	else
		say_text(&r, from, dir);
	restore_result_release(&r);
	return code;
}

int
restore_beside(const char *from, char **dir, bool json)
{
	struct restore_how how = { .link = true };
	struct restore_result r;
	struct err e = { .text = "" };
	size_t n = strlen(from);
	char *beside;
	enum outcome o;

	while (n > 1 && from[n - 1] == '/')
		n--;
	beside = mem_printf("%.*s.verify.XXXXXX", (int)n, from);
	if (mkdtemp(beside) == NULL) {
		o = err_sys(&e, OUT_PERM, errno, "cannot make folder '%s'",
			    beside);
		(void)snprintf(e.code, sizeof e.code, "create");
		mem_free(beside);
		return fail(o, &e);
	}
	o = restore_run(from, beside, how, &r, &e);
	if (o != OUT_OK) {
		(void)rmdir(beside);
		mem_free(beside);
		restore_result_release(&r);
		return fail(o, &e);
	}
	if (json)
		say_json(&r);
	restore_result_release(&r);
	*dir = beside;
	return EXIT_FINE;
}

void
restore_remove(const char *dir)
{
	backup_clear_desk(dir);
}
