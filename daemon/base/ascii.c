#include "daemon/base/ascii.h"

char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

void
ascii_fold(char *s)
{
	for (; *s != '\0'; s++)
		*s = ascii_lower(*s);
}
