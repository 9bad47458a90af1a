/*
 * fuzz_method: requests of anybody, one after the other, to a whole daemon in
 * one thread: intake, workers, turn, readers, on a real store. Whatever is
 * asked, there is one response or the connection is closed, no error leaks
 * more than its code and text, and afterwards the store is sound.
 *
 * Half of the requests are made of the input by the table of methods; half
 * are the right ones of tests/fault with one parameter made anew.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "tests/fault/cases.h"
#include "tests/fault/rig.h"
#include "tests/fuzz/ask.h"

#define T0_MS INT64_C(1767603600000) /* Monday 2026-01-05 09:00 UTC */
#define AFTER_MS INT64_C(600000)
#define REQUESTS_MAX 10
#define CHECK_EVERY 8 /* inputs; a check of the store costs more than they */

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static char base[64];
static char template_dir[80];
static char work_dir[80];
static size_t case_count;
static unsigned long inputs;

static const struct rig_who control = { .role = ROLE_CONTROL };

static void
end(void)
{
	words_end();
	rig_remove(base);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)argc;
	(void)argv;
	(void)umask(0077);
	(void)snprintf(base, sizeof base, "%s/postigo-fuzz-XXXXXX", tmp);
	if (mkdtemp(base) == NULL)
		rig_fail("cannot make a folder in %s", tmp);
	(void)atexit(end);
	(void)snprintf(template_dir, sizeof template_dir, "%s/desk", base);
	(void)snprintf(work_dir, sizeof work_dir, "%s/work", base);
	hash_start();
	inject_start();
	words_start(work_dir);
	desk_make(work_dir, T0_MS);
	rig_copy(work_dir, template_dir);
	while (fault_cases[case_count].method != NULL)
		case_count++;
	return 0;
}

/* Nobody, the admin, an agent, a visitor who wrote, one who did not. */
static struct rig_who
who_asks(struct ask *a)
{
	struct rig_who w = { .role = (enum role)ask_below(a, ROLE_COUNT) };

	switch (ask_below(a, 8)) {
	case 0:
		w.role = ROLE_CONSOLE;
		w.agent_id = RIG_AGENT_ADMIN;
		break;
	case 1:
		w.role = ROLE_CONSOLE;
		w.agent_id = RIG_AGENT;
		break;
	case 2:
		w.role = ROLE_CHAT;
		w.visitor_id = 1;
		w.incident_id = 4;
		break;
	case 3:
		w.role = ROLE_CHAT;
		w.visitor_id = 2;
		break;
	default:
		break;
	}
	return w;
}

/* A right request with one member made anew, or taken away. */
static char *
spoiled(struct ask *a, const struct fault_case *c, const struct method *m)
{
	char *right = words_expand(c->params);
	json_t *o = json_loads(right, 0, NULL);
	json_t *other = ask_params(a, m);
	size_t left = ask_below(a, 8);
	const char *name;
	json_t *x;
	char *text;

	json_object_foreach(other, name, x) if (left-- == 0)(void)
		json_object_set(o, name, x);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(other);
	json_decref(o);
	mem_free(right);
	return text;
}

static void
check_reply(const struct rig_answer *a)
{
	const json_t *error = json_object_get(a->reply, "error");
	const json_t *data = json_object_get(error, "data");

	if (a->exit_code != RIG_EXIT_NONE || a->replies > 1 ||
	    (a->reply == NULL && !a->closed))
		abort();
	if (error == NULL)
		return;
	if (json_object_size(error) != 3 ||
	    json_string_value(json_object_get(data, "outcome")) == NULL)
		abort();
}

static bool
ask_one(struct rig *r, struct ask *a)
{
	const struct method *m;
	struct rig_who who;
	struct rig_answer answer;
	bool open;
	char *text;

	if ((ask_octet(a) & 1) != 0) {
		const struct fault_case *c =
			&fault_cases[ask_below(a, case_count)];

		m = method_find(c->method);
		if (m == NULL)
			return rig_tick(r, &(struct rig_arm){ .on = false }) ==
			       RIG_EXIT_NONE;
		(void)desk_before(r, c);
		who = c->who;
		text = spoiled(a, c, m);
	} else {
		json_t *o;

		m = &method_table[ask_below(a, method_count)];
		who = who_asks(a);
		o = ask_params(a, m);
		text = json_dumps(o, JSON_COMPACT);
		json_decref(o);
	}
	answer = rig_ask(r, &who, m->name, text,
			 (ask_octet(a) & 7) == 0 ? "k1" : NULL, NULL);
	check_reply(&answer);
	open = !answer.closed;
	rig_answer_release(&answer);
	free(text);
	if (!open)
		rig_reconnect(r, who.role);
	return true;
}

static void
check_store(struct rig *r)
{
	struct rig_answer a =
		rig_ask(r, &control, "store.check", "{}", NULL, NULL);
	const json_t *result = json_object_get(a.reply, "result");
	char *text;

	if (json_array_size(json_object_get(result, "problems")) != 0) {
		text = json_dumps(result, JSON_COMPACT);
		(void)fprintf(stderr, "%s\n", text);
		abort();
	}
	if (result == NULL)
		abort();
	rig_answer_release(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ask a = { .p = data, .n = n };
	struct rig *r;
	size_t i;

	rig_copy(template_dir, work_dir);
	inject_begin(T0_MS + AFTER_MS);
	r = rig_open(work_dir);
	for (i = 0; i < REQUESTS_MAX && a.n > 0; i++)
		if (!ask_one(r, &a))
			abort();
	if (++inputs % CHECK_EVERY == 0)
		check_store(r);
	rig_close(&r);
	return 0;
}
