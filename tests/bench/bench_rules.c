/*
 * bench_rules: what a contact costs by how many rules the book has, beside
 * the same patterns tried one by one by PCRE2's machine code in the same run;
 * how long a book is read, and what it takes of memory. Times are of the
 * processor, so that other programs do not count.
 *
 *   bench_rules RULES [ROUNDS]
 *   bench_rules RULES book
 *
 * Prints one JSON line; or the book.
 */

#define PCRE2_CODE_UNIT_WIDTH 8

#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/fold.h"
#include "rules/rule.h"
#include "tests/bench/bench.h"
#include "tests/bench/words.h"

#define TEXT_BYTES 2048
#define TEXTS 64
#define RULES_MAX 5000
#define PARTS 7 /* rounds are timed in so many parts; the middle one counts */

static char *texts[TEXTS];
static char *patterns[RULES_MAX];
static char *samples[RULES_MAX];

static double
cpu_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Five ways in which people write rules. */
static void
make_pattern(long i)
{
	char a[24];
	char b[24];

	words_rare((unsigned)(i * 2 % WORDS_RARE), a);
	words_rare((unsigned)(i * 2 + 1) % WORDS_RARE, b);
	switch (i % 5) {
	case 0:
		patterns[i] = mem_printf("\\b(%s|%s|pedido %ld)\\b", a, b, i);
		samples[i] = mem_printf("una %s aquí", b);
		break;
	case 1:
		patterns[i] = mem_printf("\\bpedido\\b.{0,30}\\b%s\\b", a);
		samples[i] = mem_printf("mi pedido con %s", a);
		break;
	case 2:
		patterns[i] = mem_printf(
			"\\b(devoluci[oó]n|refund)\\s+(de|of)\\s+(%s|%s)", a,
			b);
		samples[i] = mem_printf("la devolución de %s", a);
		break;
	case 3:
		patterns[i] = mem_printf("\\b%s\\s*#?\\d{3,8}\\b", a);
		samples[i] = mem_printf("%s 12345", a);
		break;
	default:
		patterns[i] = mem_printf("no (me )?(%s|%s)s?\\b", a, b);
		samples[i] = mem_printf("no me %s", b);
		break;
	}
}

static void
make_book(long rules, struct buf *b)
{
	long i;

	(void)buf_puts(b, "queue \"general\" { }\n");
	for (i = 0; i < rules; i++) {
		(void)buf_printf(
			b,
			"rule \"r%ld\" {\n    on contact\n    if subject or "
			"body matches /%s/\n    then tag \"t%ld\"\n    example "
			"\"%s\"\n    counterexample \"nada\"\n}\n",
			i, patterns[i], i % 1000, samples[i]);
	}
}

/* Texts of customers, some with what a rule looks for. */
static void
make_texts(void)
{
	struct dice d;
	long i;

	dice_begin(&d, 7);
	for (i = 0; i < TEXTS; i++) {
		struct buf b;

		buf_init(&b, 4L * TEXT_BYTES);
		words_contact(&d, (unsigned)(i % WORDS_TOPICS),
			      TEXT_BYTES - 100, &b);
		(void)buf_printf(&b, " %s.", samples[i % 20]);
		texts[i] = buf_take(&b);
	}
}

static long
resident_bytes(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long pages = 0;
	long skip;

	if (f == NULL || fscanf(f, "%ld %ld", &skip, &pages) != 2)
		bench_die("cannot read statm");
	(void)fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static struct book *
read_book(const struct buf *text, bool trusted, double *ms_out)
{
	struct book_errors errs = { 0 };
	struct book *book = NULL;
	double start = cpu_us();
	enum outcome o =
		trusted ? book_read_trusted(text->data, text->len, &book, &errs)
			: book_read(text->data, text->len, &book, &errs);

	*ms_out = (cpu_us() - start) / 1000;
	if (o != OUT_OK)
		bench_die("the book is refused: line %d: %s", errs.list[0].line,
			  errs.list[0].text);
	return book;
}

static double
middle(double *part)
{
	bench_sort(part, PARTS);
	return part[PARTS / 2];
}

static double
time_rules(const struct book *book, long rounds, size_t *fired)
{
	struct rule_facts f = { .event = "contact" };
	struct rule_result *r = mem_new(1, sizeof *r);
	double part[PARTS];
	int p;
	long i;

	f.text[RULE_FIELD_CHANNEL] = "email";
	f.text[RULE_FIELD_SENDER] = "c@correo.example";
	f.text[RULE_FIELD_SUBJECT] = "Pedido 1042";
	*fired = 0;
	for (i = 0; i < TEXTS; i++) {
		f.text[RULE_FIELD_BODY] = texts[i];
		rule_run(book, &f, r);
		*fired += r->hit_count;
	}
	for (p = 0; p < PARTS; p++) {
		double start = cpu_us();

		for (i = 0; i < rounds; i++) {
			f.text[RULE_FIELD_BODY] = texts[i % TEXTS];
			rule_run(book, &f, r);
		}
		part[p] = (cpu_us() - start) / (double)rounds;
	}
	mem_free(r);
	return middle(part);
}

static pcre2_code *
compile(const char *source)
{
	char folded[512];
	uint16_t map[513];
	struct fold_trouble t;
	PCRE2_SIZE at;
	pcre2_code *c;
	size_t n;
	int code;

	if (!fold_pattern(source, strlen(source), folded, map, &n, &t))
		bench_die("%s: %s", source, t.text);
	c = pcre2_compile((PCRE2_SPTR)folded, n,
			  PCRE2_UTF | PCRE2_UCP | PCRE2_CASELESS, &code, &at,
			  NULL);
	if (c == NULL || pcre2_jit_compile(c, PCRE2_JIT_COMPLETE) != 0)
		bench_die("%s does not compile", source);
	return c;
}

/* One text folded, then every pattern on it. */
static double
time_pcre2(long rules, long rounds)
{
	static pcre2_code *code[RULES_MAX];
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	static char folded[4 * TEXT_BYTES];
	static uint16_t map[4 * TEXT_BYTES + 1];
	double part[PARTS];
	bool bad;
	int p;
	long i;
	long k;

	for (i = 0; i < rules; i++)
		code[i] = compile(patterns[i]);
	for (p = 0; p < PARTS; p++) {
		double start = cpu_us();

		for (k = 0; k < rounds; k++) {
			const char *s = texts[k % TEXTS];
			size_t n = fold_text(s, strlen(s), folded, map, &bad);

			for (i = 0; i < rules; i++)
				(void)pcre2_match(code[i], (PCRE2_SPTR)folded,
						  n, 0, PCRE2_NO_UTF_CHECK,
						  data, NULL);
		}
		part[p] = (cpu_us() - start) / (double)rounds;
	}
	for (i = 0; i < rules; i++)
		pcre2_code_free(code[i]);
	pcre2_match_data_free(data);
	return middle(part);
}

int
main(int argc, char **argv)
{
	long rounds = 500;
	long rules;
	long before;
	long after;
	double check_ms;
	double read_ms;
	double free_ms;
	struct book *book;
	struct buf text;
	size_t fired;
	long i;

	if (argc < 2 || argc > 3)
		bench_die("usage: bench_rules RULES [ROUNDS|book]");
	rules = bench_number("RULES", argv[1], 1, RULES_MAX);
	if (argc == 3 && strcmp(argv[2], "book") != 0)
		rounds = bench_number("ROUNDS", argv[2], 1, 10000000);
	for (i = 0; i < rules || i < 20; i++)
		make_pattern(i);
	make_texts();
	buf_init(&text, 2L * BOOK_BYTES_MAX);
	make_book(rules, &text);
	if (argc == 3 && strcmp(argv[2], "book") == 0) {
		(void)fputs(text.data, stdout);
		return 0;
	}
	book = read_book(&text, false, &check_ms);
	free_ms = cpu_us();
	book_unref(&book);
	free_ms = (cpu_us() - free_ms) / 1000;
	before = resident_bytes();
	book = read_book(&text, true, &read_ms);
	after = resident_bytes();
	printf("{\"rules\":%ld,\"book_bytes\":%zu,\"check_ms\":%.0f,"
	       "\"read_ms\":%.1f,\"free_ms\":%.1f,\"rules_us\":%.1f,",
	       rules, text.len, check_ms, read_ms, free_ms,
	       time_rules(book, rounds, &fired));
	printf("\"pcre2_us\":%.1f,\"fired\":%.2f,\"mb\":%.1f}\n",
	       time_pcre2(rules,
			  rounds > 20000 / rules ? 20000 / rules + 1 : rounds),
	       (double)fired / TEXTS, (double)(after - before) / 1e6);
	book_unref(&book);
	buf_release(&text);
	return 0;
}
