#include "gateways/mail/standing.h"

#include <string.h>

#include "daemon/base/utf8.h"
#include "gateways/mail/port.h"

void
standing_init(struct standing *s, struct port *port)
{
	memset(s, 0, sizeof(*s));
	s->port = port;
	(void)pthread_mutex_init(&s->lock, NULL);
}

void
standing_release(struct standing *s)
{
	(void)pthread_mutex_destroy(&s->lock);
}

/* The loop looks at all standings whenever it wakes. */
static void
nothing(void *arg)
{
	(void)arg;
}

size_t
standing_whole(const char *text, size_t max)
{
	size_t n = utf8_cut(text, strlen(text), max);

	while (n > 0 && !utf8_valid(text, n))
		n--;
	return n;
}

void
standing_set(struct standing *s, enum standing_is is, const char *text)
{
	size_t n = standing_whole(text, STANDING_TEXT_MAX - 1);
	bool fresh;

	(void)pthread_mutex_lock(&s->lock);
	fresh = s->is != is || strncmp(s->text, text, n) != 0 || s->text[n];
	s->is = is;
	memcpy(s->text, text, n);
	s->text[n] = '\0';
	(void)pthread_mutex_unlock(&s->lock);
	if (fresh)
		port_post(s->port, nothing, NULL);
}

enum standing_is
standing_get(struct standing *s, char text[STANDING_TEXT_MAX])
{
	enum standing_is is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->is;
	memcpy(text, s->text, STANDING_TEXT_MAX);
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}
