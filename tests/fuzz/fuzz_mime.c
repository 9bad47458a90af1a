/* Any octets as a mail: the parser answers, and its strings are clean. */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "daemon/base/buf.h"
#include "gateways/mail/parse.h"

#define INPUT_MAX ((size_t)256 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	parse_start();
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf octets;
	json_t *mail;
	char *text;

	if (n > INPUT_MAX)
		return 0;
	buf_init(&octets, (size_t)16 * 1024 * 1024);
	mail = parse_mail((const char *)p, n, &octets);
	text = json_dumps(mail, JSON_COMPACT);
	if (!text || !json_is_string(json_object_get(mail, "text")) ||
	    !json_is_string(json_object_get(mail, "reply_text")))
		abort();
	free(text);
	json_decref(mail);
	buf_release(&octets);
	return 0;
}
