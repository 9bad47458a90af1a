/*
 * fuzz_frame: octets to frames, frames to checked parameters. What is read
 * can be written and is read the same; nothing over a ceiling passes.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/buf.h"
#include "daemon/wire/frame.h"
#include "daemon/wire/method.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As written, so read. */
static void
check_again(const json_t *o)
{
	struct buf b;
	struct err e;
	const char *line;
	size_t len;
	size_t from = 0;
	json_t *again;

	buf_init(&b, 2 * FRAME_BYTES);
	if (frame_put(&b, o, &e) == OUT_OK) {
		enum frame_next got = frame_next(&b, &from, &line, &len);

		if (got != FRAME_LINE || from != b.len ||
		    frame_parse(line, len, &again, &e) != OUT_OK)
			abort();
		if (!json_equal(o, again))
			abort();
		json_decref(again);
	}
	buf_release(&b);
}

static void
check_method(const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "method"));
	const struct method *m = name == NULL ? NULL : method_find(name);
	const json_t *params = json_object_get(o, "params");
	struct err e = { .text = "" };

	if (m != NULL && json_is_object(params) &&
	    method_check(m, params, &e) != OUT_OK && e.text[0] == '\0')
		abort();
}

/* What is found without parsing is within the line, and is what the parser
 * finds. */
static void
check_result(const char *line, size_t len, const json_t *o)
{
	struct frame_result f;
	json_t *whole;

	if (!frame_result(line, len, &f))
		return;
	if (f.text < line || f.text + f.len > line + len)
		abort();
	if (o == NULL)
		return;
	whole = json_loadb(f.text, f.len, JSON_DECODE_ANY, NULL);
	if (!json_equal(whole, json_object_get(o, "result")) ||
	    json_integer_value(json_object_get(o, "id")) != f.id)
		abort();
	json_decref(whole);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b;
	const char *line;
	size_t len;
	size_t from = 0;

	buf_init(&b, 2 * FRAME_BYTES);
	(void)buf_add(&b, data, size);
	while (frame_next(&b, &from, &line, &len) == FRAME_LINE) {
		struct err e;
		json_t *o;

		if (len >= FRAME_BYTES)
			abort();
		if (frame_parse(line, len, &o, &e) != OUT_OK) {
			check_result(line, len, NULL);
			continue;
		}
		check_result(line, len, o);
		check_method(o);
		check_again(o);
		json_decref(o);
	}
	buf_release(&b);
	return 0;
}
