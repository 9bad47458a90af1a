#include "gateways/whatsapp/kind.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define MIB ((size_t)1024 * 1024)
#define IMAGE_MAX (5 * MIB)
#define VIDEO_MAX (16 * MIB)
#define AUDIO_MAX (16 * MIB)
#define OPUS_AT 28 /* of "OpusHead" in the first page of Ogg */
#define OTHER "application/octet-stream"

/* What the octets of a listed type are at a place in the file. */
struct sign {
	size_t at;
	const char *octets;
	size_t n;
	enum kind_of kind;
	const char *type;
};
#define SIGN(at, octets, kind, type)                                           \
	{                                                                      \
		(at), (octets), sizeof(octets) - 1, (kind), (type)             \
	}

static const struct sign signs[] = {
	SIGN(0, "\xff\xd8\xff", KIND_IMAGE, "image/jpeg"),
	SIGN(0, "\x89PNG\r\n\x1a\n", KIND_IMAGE, "image/png"),
	SIGN(4, "ftyp3g", KIND_VIDEO, "video/3gpp"),
	SIGN(4, "ftypM4A", KIND_AUDIO, "audio/mp4"),
	SIGN(4, "ftypisom", KIND_VIDEO, "video/mp4"),
	SIGN(4, "ftypiso2", KIND_VIDEO, "video/mp4"),
	SIGN(4, "ftypmp4", KIND_VIDEO, "video/mp4"),
	SIGN(4, "ftypavc1", KIND_VIDEO, "video/mp4"),
	SIGN(4, "ftypMSNV", KIND_VIDEO, "video/mp4"),
	SIGN(4, "ftypM4V", KIND_VIDEO, "video/mp4"),
	SIGN(OPUS_AT, "OpusHead", KIND_AUDIO, "audio/ogg"),
	SIGN(0, "#!AMR\n", KIND_AUDIO, "audio/amr"),
	SIGN(0, "ID3", KIND_AUDIO, "audio/mpeg"),
	SIGN(0, "\xff\xfb", KIND_AUDIO, "audio/mpeg"),
	SIGN(0, "\xff\xf3", KIND_AUDIO, "audio/mpeg"),
	SIGN(0, "\xff\xf2", KIND_AUDIO, "audio/mpeg"),
	SIGN(0, "\xff\xf1", KIND_AUDIO, "audio/aac"),
	SIGN(0, "\xff\xf9", KIND_AUDIO, "audio/aac"),
	SIGN(0, "%PDF-", KIND_DOCUMENT, "application/pdf"),
};
#define SIGNS (sizeof(signs) / sizeof(signs[0]))

static const char *const names[] = { "image", "video", "audio", "document" };
static const size_t most[] = { IMAGE_MAX, VIDEO_MAX, AUDIO_MAX, SIZE_MAX };

/* A mp4 with sound alone was declared as such by whoever made it. */
static bool
is_sound(const struct sign *s, const char *declared)
{
	return s->kind == KIND_VIDEO &&
	       strncasecmp(declared, "audio/mp4", 9) == 0;
}

/* type "/" subtype of plain letters: nothing that ends a header's line. */
static bool
is_type(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.+-");

	return n > 0 && s[n] == '\0' && strchr(s, '/') != NULL;
}

struct kind
kind_sniff(const void *head, size_t n, size_t size, const char *declared)
{
	struct kind k = { .kind = KIND_DOCUMENT, .type = OTHER };

	if (is_type(declared))
		k.type = declared;
	for (size_t i = 0; i < SIGNS; i++) {
		const struct sign *s = &signs[i];

		if (s->at + s->n > n ||
		    memcmp((const char *)head + s->at, s->octets, s->n) != 0)
			continue;
		k.kind = is_sound(s, declared) ? KIND_AUDIO : s->kind;
		k.type = is_sound(s, declared) ? "audio/mp4" : s->type;
		break;
	}
	if (size > most[k.kind])
		k.kind = KIND_DOCUMENT;
	k.name = names[k.kind];
	return k;
}
