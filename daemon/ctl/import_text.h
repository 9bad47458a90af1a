#ifndef POSTIGO_IMPORT_TEXT_H
#define POSTIGO_IMPORT_TEXT_H

/*
 * import_text: octets of a file in one of four encodings, as UTF-8. Pure and
 * streaming. What a file is written in is said by its byte order mark, else by
 * whether all of it is well-formed UTF-8, else it is Windows-1252, of which
 * Latin-1's letters are a part.
 * Source: RFC 3629; the WHATWG Encoding Standard's table of windows-1252.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum text_code {
	TEXT_UTF8,
	TEXT_CP1252,
	TEXT_UTF16LE,
	TEXT_UTF16BE
};

#define TEXT_CODES 4

/* "utf-8", "windows-1252", "utf-16le", "utf-16be": static. */
const char *text_code_name(enum text_code c);

/* false: no such name. */
bool text_code_find(const char *name, enum text_code *out);

/* What a file seems to be written in. Begin with zeros. */
struct text_guess {
	char head[4]; /* the octets that did not make a character yet */
	char first;   /* of the file */
	size_t waits;
	uint64_t octets;
	bool known; /* by its byte order mark, or as ASCII in two octets */
	bool not_utf8;
	enum text_code code; /* if known */
};

void text_guess_add(struct text_guess *g, const char *p, size_t n);
enum text_code text_guess_end(struct text_guess *g);

#define TEXT_GROWTH 3 /* octets of UTF-8 that one octet becomes at most */

/* A file being decoded. Begin with zeros and its code. */
struct text_decode {
	enum text_code code;
	char held[4]; /* octets of a character that is not whole */
	size_t holds;
	uint64_t octets;   /* that came */
	uint64_t replaced; /* malformed ones, now U+FFFD */
};

/*
 * n more octets, appended to out, which has room for TEXT_GROWTH times those
 * and 16 more. A byte order mark is left out.
 */
void text_decode_add(struct text_decode *d, const char *p, size_t n,
		     struct buf *out);

/* The file has ended: what is held is malformed. */
void text_decode_end(struct text_decode *d, struct buf *out);

#endif
