/*
 * fuzz_chat: octets to visitors' frames, and to kinds of files. Whatever is
 * taken is within its ceilings and is text.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"
#include "gateways/chat/kind.h"
#include "gateways/chat/up.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	hash_start();
	return 0;
}

static void
check_text(const char *s, size_t max)
{
	if (s != NULL && (strlen(s) > max * 4 || !utf8_valid(s, strlen(s))))
		abort();
}

static void
check_frame(const struct up_frame *f)
{
	check_text(f->token, UP_TOKEN_MAX);
	check_text(f->name, UP_NAME_MAX);
	check_text(f->email, UP_EMAIL_MAX);
	check_text(f->id, UP_ID_MAX);
	check_text(f->text, UP_TEXT_MAX);
	check_text(f->page, UP_PAGE_MAX);
	check_text(f->comment, UP_COMMENT_MAX);
	if (f->kind > UP_PING || json_array_size(f->files) > UP_FILES_MAX ||
	    f->from < 0 || f->number < 0 || f->incident < 0)
		abort();
	if ((f->kind == UP_WRITE && (f->id == NULL || f->text == NULL)) ||
	    (f->kind == UP_START && f->name == NULL) ||
	    (f->kind == UP_RATE && (f->score < 1 || f->score > 5)))
		abort();
}

/* However it is cut, a text is one or is none. */
static void
check_kind(const uint8_t *data, size_t size)
{
	struct kind_text whole = { .len = 0 };
	struct kind_text parts = { .len = 0 };
	size_t i;

	if (kind_of("text/plain", data, size) != NULL &&
	    kind_of("image/png", data, size) != NULL)
		abort();
	kind_text_more(&whole, (const char *)data, size);
	for (i = 0; i < size; i++)
		kind_text_more(&parts, (const char *)data + i, 1);
	if (kind_text_good(&whole) != kind_text_good(&parts))
		abort();
	if (kind_text_good(&whole) && !utf8_valid((const char *)data, size))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct up_frame f;
	const char *code;
	enum up_read r = up_parse((const char *)data, size, &f, &code);

	if (r == UP_GOOD)
		check_frame(&f);
	if (r == UP_REFUSE && (code == NULL || f.whole == NULL))
		abort();
	if (r == UP_GOOD || r == UP_REFUSE)
		up_release(&f);
	else if (f.whole != NULL)
		abort();
	check_kind(data, size);
	return 0;
}
