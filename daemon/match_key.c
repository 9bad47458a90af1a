#include "daemon/match_key.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define E164_MIN 7 /* digits; shorter ones are no number of a person */
#define E164_MAX 15

static bool
is_number(const char *digits)
{
	size_t n = strspn(digits, "0123456789");

	return digits[n] == '\0' && n >= E164_MIN && n <= E164_MAX &&
	       digits[0] != '0';
}

static bool
begins(const char *p, const char *with)
{
	return strncmp(p, with, strlen(with)) == 0;
}

void
match_key(const char *wa_id, char out[MATCH_KEY_MAX])
{
	size_t n;

	out[0] = '\0';
	if (wa_id == NULL || !is_number(wa_id))
		return;
	n = strlen(wa_id);
	if (n == 13 && begins(wa_id, "521"))
		(void)snprintf(out, MATCH_KEY_MAX, "52%s", wa_id + 3);
	else if (n == 12 && begins(wa_id, "55") && wa_id[4] >= '6')
		(void)snprintf(out, MATCH_KEY_MAX, "%.4s9%s", wa_id, wa_id + 4);
	else
		(void)snprintf(out, MATCH_KEY_MAX, "%s", wa_id);
}

void
match_key_written(const char *wa_id, char out[MATCH_KEY_MAX])
{
	out[0] = '\0';
	if (wa_id != NULL && is_number(wa_id) && strlen(wa_id) == 13 &&
	    begins(wa_id, "549"))
		(void)snprintf(out, MATCH_KEY_MAX, "54%s", wa_id + 3);
}

bool
match_key_digits(const char *written, char out[MATCH_KEY_MAX])
{
	const char *p = written != NULL ? written : "";
	size_t n = 0;

	p += strspn(p, " ");
	if (*p == '+')
		p++;
	else if (begins(p, "00"))
		p += 2;
	for (; *p != '\0' && n < MATCH_KEY_MAX - 1; p++)
		if (strchr(" -.()", *p) == NULL)
			out[n++] = *p;
	out[n] = '\0';
	if (*p == '\0' && is_number(out))
		return true;
	out[0] = '\0';
	return false;
}
