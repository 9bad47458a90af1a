/* The desk that cases are put to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/base/mem.h"
#include "tests/fault/cases.h"
#include "tests/fault/inject.h"
#include "tests/fault/rig.h"

#define STEP_MS 1000

static void
step(struct rig *r, size_t i)
{
	const struct fault_case *c = &fault_steps[i];
	char *params = words_expand(c->params);
	struct rig_answer a =
		rig_ask(r, &c->who, c->method, params, NULL, NULL);
	const json_t *result = json_object_get(a.reply, "result");
	char *text;

	if (result == NULL) {
		text = json_dumps(a.reply, JSON_COMPACT | JSON_ENCODE_ANY);
		rig_fail("step %zu, %s, is refused: %s", i, c->method,
			 text != NULL ? text : "nothing");
	}
	if (c->keep != NULL)
		words_keep(c->as, json_object_get(result, c->keep));
	rig_answer_release(&a);
	mem_free(params);
}

void
desk_make(const char *dir, int64_t from_ms)
{
	struct rig *r;
	size_t i;

	if (mkdir(dir, 0700) != 0)
		rig_fail("cannot make %s", dir);
	rig_key(dir);
	inject_begin(from_ms);
	r = rig_open(dir);
	for (i = 0; fault_steps[i].method != NULL; i++) {
		inject_begin(from_ms + (int64_t)i * STEP_MS);
		inject_stir(i);
		step(r, i);
	}
	rig_index(r);
	rig_close(&r);
}

bool
desk_before(struct rig *r, const struct fault_case *c)
{
	const struct fault_case *b = c->before;
	struct rig_answer a;
	const json_t *result;
	char *params;
	bool done;

	if (b == NULL)
		return true;
	params = words_expand(b->params);
	a = rig_ask(r, &b->who, b->method, params, NULL, NULL);
	result = json_object_get(a.reply, "result");
	done = result != NULL;
	words_keep("before", done ? json_object_get(result, "handle")
				  : json_object_get(a.reply, "id"));
	rig_answer_release(&a);
	mem_free(params);
	return done;
}
