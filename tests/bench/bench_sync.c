/*
 * bench_sync: what the disk alone costs a commit: octets appended to a file
 * and synced, one at a time.
 *
 *   bench_sync FILE BYTES COUNT
 *
 * The file grows to 4 MiB and is written from its start again, as SQLite's
 * log is. Prints one JSON line: count, bytes, p50_us, p99_us.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "tests/bench/bench.h"

#define FILE_BYTES (4 * 1024 * 1024)

int
main(int argc, char **argv)
{
	double *took;
	char *octets;
	size_t bytes;
	off_t at = 0;
	long count;
	long i;
	int fd;

	if (argc != 4)
		bench_die("usage: bench_sync FILE BYTES COUNT");
	bytes = (size_t)bench_number("BYTES", argv[2], 1, FILE_BYTES);
	count = bench_number("COUNT", argv[3], 1, 1000000);
	fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	octets = mem_new(bytes, 1);
	memset(octets, 'p', bytes);
	took = mem_new((size_t)count, sizeof *took);
	if (fd < 0)
		bench_die("cannot make '%s'", argv[1]);
	for (i = 0; i < count; i++) {
		if (at + (off_t)bytes > FILE_BYTES)
			at = 0;
		took[i] = bench_us();
		if (pwrite(fd, octets, bytes, at) != (ssize_t)bytes ||
		    fdatasync(fd) != 0)
			bench_die("cannot write '%s'", argv[1]);
		took[i] = bench_us() - took[i];
		at += (off_t)bytes;
	}
	bench_sort(took, (size_t)count);
	printf("{\"count\":%ld,\"bytes\":%zu,\"p50_us\":%.0f,"
	       "\"p99_us\":%.0f}\n",
	       count, bytes, bench_quantile(took, (size_t)count, 0.5),
	       bench_quantile(took, (size_t)count, 0.99));
	(void)close(fd);
	(void)unlink(argv[1]);
	mem_free(took);
	mem_free(octets);
	return 0;
}
