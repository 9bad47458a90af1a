#include "daemon/split.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/utf8.h"
#include "daemon/change.h"

size_t
split_chars(const char *text)
{
	size_t left = strlen(text);
	size_t n = 0;

	while (left > 0) {
		size_t step = utf8_next(text, left, NULL);

		step = step != 0 ? step : 1;
		text += step;
		left -= step;
		n++;
	}
	return n;
}

/* A voice has no words below it. */
static bool
carries_text(const json_t *file)
{
	const char *type = member_str(file, "content_type");

	return type == NULL || strncmp(type, "audio/", 6) != 0;
}

static void
part_add(struct split *sp, const char *kind, bool text, const json_t *file)
{
	sp->parts[sp->n++] = (struct split_part){ kind, text, file };
}

/* The file below which the text rides; NULL: it goes alone. */
static const json_t *
carrier(const struct split_ask *q, size_t chars)
{
	const json_t *file;
	size_t i;

	if (q->interactive != NULL || chars > SPLIT_CAPTION_MAX)
		return NULL;
	json_array_foreach(q->files, i,
			   file) if (carries_text(file)) return file;
	return NULL;
}

static enum outcome
check_length(const struct split_ask *q, size_t chars, struct err *e)
{
	bool above = json_object_get(q->interactive, "buttons") != NULL;
	int max = above ? SPLIT_ABOVE_MAX : SPLIT_TEXT_MAX;

	if (chars <= (size_t)max)
		return OUT_OK;
	return err_code(e, OUT_PERM, "text_too_long",
			"the text has %zu characters, %d are the most%s", chars,
			max, above ? " above buttons" : "");
}

/* What has one message whatever it says. */
static enum outcome
split_single(const struct split_ask *q, struct split *out, struct err *e)
{
	size_t files = json_array_size(q->files);

	if (files > (q->is_template ? 1 : 0))
		return err_code(e, OUT_PERM, "bad_params",
				"it cannot carry that many files");
	part_add(out, q->is_template ? "template" : "reaction", true,
		 json_array_get(q->files, 0));
	return OUT_OK;
}

enum outcome
split_answer(const struct split_ask *q, struct split *out, struct err *e)
{
	size_t chars = split_chars(q->text);
	const json_t *under;
	const json_t *file;
	size_t i;
	enum outcome o;

	memset(out, 0, sizeof *out);
	if (q->is_template || q->is_reaction)
		return split_single(q, out, e);
	o = check_length(q, chars, e);
	if (o != OUT_OK)
		return o;
	if (json_array_size(q->files) > SPLIT_FILES_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"it cannot carry that many files");
	if (chars == 0 &&
	    (q->interactive != NULL || json_array_size(q->files) == 0))
		return err_code(e, OUT_PERM, "bad_params", "'text' is empty");
	under = chars > 0 ? carrier(q, chars) : NULL;
	if (q->interactive != NULL)
		part_add(out, "interactive", true, NULL);
	else if (under != NULL)
		part_add(out, "media", true, under);
	else if (chars > 0)
		part_add(out, "text", true, NULL);
	json_array_foreach(q->files, i, file) if (file != under)
		part_add(out, "media", false, file);
	return OUT_OK;
}

/* --- buttons --------------------------------------------------------------- */

static enum outcome
check_titles(const json_t *titles, size_t max, struct err *e)
{
	const json_t *t;
	size_t i;
	size_t k;

	json_array_foreach(titles, i, t)
	{
		const char *title = json_string_value(t);
		size_t chars = split_chars(title);

		if (chars == 0 || chars > max)
			return err_code(e, OUT_PERM, "bad_params",
					"'buttons' has one of %zu characters: "
					"1 to %zu are allowed",
					chars, max);
		for (k = 0; k < i; k++)
			if (json_equal(t, json_array_get(titles, k)))
				return err_code(e, OUT_PERM, "bad_params",
						"'buttons' has '%s' twice",
						title);
	}
	return OUT_OK;
}

static json_t *
choices(const json_t *titles, const char *prefix)
{
	json_t *list = json_array();
	char id[SPLIT_ID_MAX];
	json_t *t;
	size_t i;

	json_array_foreach((json_t *)titles, i, t)
	{
		(void)snprintf(id, sizeof id, "%s%zu", prefix, i);
		(void)json_array_append_new(
			list, json_pack("{s:s, s:O}", "id", id, "title", t));
	}
	return list;
}

enum outcome
split_buttons(const json_t *titles, const char *prefix, const char *language,
	      json_t **out, struct err *e)
{
	size_t n = json_array_size(titles);
	bool list = n > SPLIT_BUTTONS_MAX;
	enum outcome o = check_titles(
		titles, list ? SPLIT_ROW_MAX : SPLIT_BUTTON_MAX, e);

	if (o != OUT_OK)
		return o;
	if (n == 0 || n > SPLIT_ROWS_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'buttons' has %zu: 1 to %d are allowed", n,
				SPLIT_ROWS_MAX);
	*out = !list ? json_pack("{s:o}", "buttons", choices(titles, prefix))
		     : json_pack("{s:{s:s, s:o}}", "list", "button",
				 strcmp(language, "en") == 0 ? "Choose"
							     : "Elegir",
				 "rows", choices(titles, prefix));
	return OUT_OK;
}
