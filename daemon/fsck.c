#include "daemon/fsck.h"

#include <jansson.h>
#include <stdlib.h>

#include "daemon/base/clock.h"
#include "daemon/request.h"
#include "daemon/store/store.h"

static void
print_problem(const json_t *problem, FILE *out)
{
	char *row = json_dumps(json_object_get(problem, "row"),
			       JSON_COMPACT | JSON_ENCODE_ANY);
	const char *check =
		json_string_value(json_object_get(problem, "check"));

	(void)fprintf(out, "%s: %s\n", check == NULL ? "?" : check,
		      row == NULL ? "" : row);
	free(row);
}

size_t
fsck_run(struct desk *d, struct store *s, FILE *out)
{
	struct request rq = { .method = method_find("store.check"),
			      .role = ROLE_CONTROL,
			      .now_ms = clock_now_ms() };
	struct err e = { .text = "" };
	json_t *problems;
	json_t *x;
	size_t i;
	size_t n;

	rq.params = json_object();
	if (method_handlers[rq.method->index](d, s, &rq, &e) != OUT_OK) {
		(void)fprintf(out, "the checks could not run: %s\n", e.text);
		json_decref(rq.params);
		return 1;
	}
	problems = json_object_get(rq.result, "problems");
	n = json_array_size(problems);
	json_array_foreach(problems, i, x) print_problem(x, out);
	(void)fprintf(out, "store: %lld checks, %zu problems\n",
		      (long long)json_integer_value(
			      json_object_get(rq.result, "checks")),
		      n);
	json_decref(rq.result);
	json_decref(rq.params);
	return n;
}
