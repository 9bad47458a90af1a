#include "daemon/token.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TOKEN_DIGITS_MAX 18 /* of a number: below 2^63 */
#define MAC_BITS_OCTETS 10

static const char purpose[] = "postigo token 1";
static const char loop_purpose[] = "postigo loop 1";
static const char loop_body[] = "desk";

/* RFC 4648 section 6, in lower case: 10 octets give 16 characters. */
static void
token_base32(const unsigned char *p, char out[TOKEN_MAC + 1])
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
	uint32_t bits = 0;
	int have = 0;
	size_t n = 0;
	size_t i;

	for (i = 0; i < MAC_BITS_OCTETS; i++) {
		bits = bits << 8 | p[i];
		have += 8;
		while (have >= 5) {
			have -= 5;
			out[n++] = digits[bits >> have & 31];
		}
		bits &= (1u << have) - 1;
	}
	out[n] = '\0';
}

static void
token_mac(const unsigned char desk_key[HASH_BYTES], const char *why,
	  const char *body, char out[TOKEN_MAC + 1])
{
	unsigned char key[HASH_BYTES];
	unsigned char mac[HASH_BYTES];

	hash_mac(desk_key, why, strlen(why), key);
	hash_mac(key, body, strlen(body), mac);
	token_base32(mac, out);
}

void
token_make(const unsigned char desk_key[HASH_BYTES], int64_t incident_id,
	   int64_t number, char out[TOKEN_MAX])
{
	char body[TOKEN_MAX - TOKEN_MAC - 1];
	char mac[TOKEN_MAC + 1];

	(void)snprintf(body, sizeof body, "p%lld.%lld", (long long)incident_id,
		       (long long)number);
	token_mac(desk_key, purpose, body, mac);
	(void)snprintf(out, TOKEN_MAX, "%s.%s", body, mac);
}

/* A decimal number without sign or leading zero, ended by a dot. Returns how
 * many bytes it took with the dot; 0: there is none. */
static size_t
token_number(const char *p, size_t n, int64_t *out)
{
	int64_t v = 0;
	size_t i;

	for (i = 0; i < n && isdigit((unsigned char)p[i]); i++) {
		if (i >= TOKEN_DIGITS_MAX)
			return 0;
		v = v * 10 + (p[i] - '0');
	}
	if (i == 0 || p[0] == '0' || i >= n || p[i] != '.')
		return 0;
	*out = v;
	return i + 1;
}

/* A token that begins at p, with 'p', and ends before '@' or '>'. */
static bool
token_at(const unsigned char desk_key[HASH_BYTES], const char *p, size_t n,
	 int64_t *incident_out, int64_t *number_out)
{
	char want[TOKEN_MAX];
	char mac[TOKEN_MAC];
	const char *sign;
	int64_t incident;
	int64_t number;
	size_t at = 1;
	size_t used;
	size_t i;

	used = token_number(p + at, n - at, &incident);
	at += used;
	if (used == 0)
		return false;
	used = token_number(p + at, n - at, &number);
	at += used;
	if (used == 0 || n - at < TOKEN_MAC)
		return false;
	if (n - at > TOKEN_MAC && p[at + TOKEN_MAC] != '@' &&
	    p[at + TOKEN_MAC] != '>')
		return false;
	for (i = 0; i < TOKEN_MAC; i++)
		mac[i] = (char)tolower((unsigned char)p[at + i]);
	token_make(desk_key, incident, number, want);
	sign = want + strlen(want) - TOKEN_MAC;
	if (!hash_same(mac, sign, TOKEN_MAC))
		return false;
	*incident_out = incident;
	*number_out = number;
	return true;
}

bool
token_find(const unsigned char desk_key[HASH_BYTES], const char *text, size_t n,
	   int64_t *incident_out, int64_t *number_out)
{
	size_t i;

	for (i = 0; i + 1 < n; i++) {
		bool begins =
			i == 0 || text[i - 1] == '<' || text[i - 1] == '+';

		if (begins && (text[i] == 'p' || text[i] == 'P') &&
		    isdigit((unsigned char)text[i + 1]) &&
		    token_at(desk_key, text + i, n - i, incident_out,
			     number_out))
			return true;
	}
	return false;
}

void
token_loop(const unsigned char desk_key[HASH_BYTES], char out[TOKEN_LOOP_MAX])
{
	token_mac(desk_key, loop_purpose, loop_body, out);
}

/* Is the word of n characters at p that one, in any case? */
static bool
same_word(const char *p, size_t n, const char *want)
{
	char word[TOKEN_MAC];
	size_t i;

	if (n != TOKEN_MAC)
		return false;
	for (i = 0; i < TOKEN_MAC; i++)
		word[i] = (char)tolower((unsigned char)p[i]);
	return hash_same(word, want, TOKEN_MAC);
}

bool
token_is_loop(const unsigned char desk_key[HASH_BYTES], const char *text)
{
	static const char between[] = " \t\r\n,;";
	char want[TOKEN_LOOP_MAX];
	const char *p;

	if (text == NULL)
		return false;
	token_loop(desk_key, want);
	for (p = text + strspn(text, between); *p != '\0';
	     p += strspn(p, between)) {
		size_t n = strcspn(p, between);

		if (same_word(p, n, want))
			return true;
		p += n;
	}
	return false;
}
