#ifndef POSTIGO_MAPI_H
#define POSTIGO_MAPI_H

/*
 * mapi: blocks of properties in winmail.dat.
 *
 * Source: [MS-OXTNEF] 2.1.3.4; [MS-OXPROPS] for the numbers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

#define MAPI_PROPERTIES_MAX 5000 /* of one block */

#define MAPI_LONG 0x0003
#define MAPI_OBJECT 0x000d
#define MAPI_STRING 0x001e
#define MAPI_UNICODE 0x001f
#define MAPI_BINARY 0x0102

#define MAPI_BODY 0x1000
#define MAPI_RTF 0x1009
#define MAPI_HTML 0x1013
#define MAPI_FILE_DATA 0x3701
#define MAPI_FILE_NAME 0x3707
#define MAPI_FILE_KIND 0x370e
#define MAPI_FILE_ID 0x3712
#define MAPI_CODE_PAGE 0x3fde /* of the HTML */

struct mapi_block {
	const unsigned char *p; /* borrowed */
	size_t n;
};

/* The octets of a value, in the block. */
struct mapi_value {
	unsigned type;
	const unsigned char *p;
	size_t n;
};

/* The first value of the property; false: it is not there, or is empty. */
bool mapi_find(const struct mapi_block *b, unsigned id, struct mapi_value *out);

/*
 * A text, as UTF-8, appended.
 * charset  of texts that are not Unicode, for charset_utf8()
 * false: there is none.
 */
bool mapi_text(const struct mapi_block *b, unsigned id, const char *charset,
	       struct buf *out);

/* A number; 0 if there is none. */
uint32_t mapi_number(const struct mapi_block *b, unsigned id);

/* Little-endian, of at most 4 octets. */
uint32_t mapi_read(const unsigned char *p, size_t octets);

#endif
