#include "gateways/mail/child.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int
child_read(int fd, void *p, size_t n)
{
	char *to = p;

	while (n) {
		ssize_t k = read(fd, to, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		to += k;
		n -= (size_t)k;
	}
	return 0;
}

int
child_write(int fd, const void *p, size_t n)
{
	const char *from = p;

	while (n) {
		ssize_t k = send(fd, from, n, MSG_NOSIGNAL);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		from += k;
		n -= (size_t)k;
	}
	return 0;
}
