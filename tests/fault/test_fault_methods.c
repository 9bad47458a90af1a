/*
 * Every method of the table while what lies below it fails, one failure after
 * the other. See README.md.
 *
 *   test_fault_methods [--all] [--points N] [--seed N] [--only METHOD]
 *                      [--kind KIND] [--at N[+]] [--verbose]
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/engine.h"
#include "tests/fault/cases.h"
#include "tests/fault/inject.h"
#include "tests/fault/rig.h"

#define T0_MS INT64_C(1767603600000) /* Monday 2026-01-05 09:00 UTC */
#define CASE_MS INT64_C(600000)      /* after the first step */
#define DUMP_MAX (16 * 1024 * 1024)
#define POINTS 4        /* of each kind, of each case */
#define FAILURES_MAX 12 /* of one case; then the next one */

struct options {
	bool all;
	long points;
	unsigned long seed;
	const char *only;
	int kind; /* -1: all */
	long at;
	bool at_forever;
	bool verbose;
};

/* Shared with the child that runs a case, so that its death is told. */
struct progress {
	size_t i;
	enum fault kind;
	long n;
	bool forever;
	long points;
	long ok;     /* it was done although something failed */
	long temp;   /* refused for the moment */
	long closed; /* not answered, the connection closed */
	long died;   /* the daemon ended: exit 74 */
	long failures;
	long total[FAULT_KINDS];
};

/* How a case ends when nothing fails. */
struct reference {
	char *params;
	int64_t now_ms;
	json_t *reply;
	struct buf before;
	struct buf after;
	long seen[FAULT_KINDS];
};

static struct options opt = { .points = POINTS, .seed = 1, .kind = -1 };
static struct progress *pg;
static char base[64];
static char template_dir[80];
static char work_dir[80];

static void failed(const struct fault_case *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
failed(const struct fault_case *c, const char *fmt, ...)
{
	va_list ap;

	pg->failures++;
	(void)printf("# %s (case %zu, %s %ld%s, %s): ", c->method, pg->i,
		     fault_names[pg->kind], pg->n, pg->forever ? "+" : "",
		     inject_what());
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)printf("\n");
	(void)fflush(stdout);
}

/* --- replies ----------------------------------------------------------------- */

static const char *
error_code(const json_t *reply)
{
	const json_t *data =
		json_object_get(json_object_get(reply, "error"), "data");
	const char *code = json_string_value(json_object_get(data, "code"));

	return code != NULL ? code : "";
}

static const char *
error_outcome(const json_t *reply)
{
	const json_t *data =
		json_object_get(json_object_get(reply, "error"), "data");
	const char *word = json_string_value(json_object_get(data, "outcome"));

	return word != NULL ? word : "";
}

static void
show(const char *what, const json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT | JSON_SORT_KEYS);

	(void)printf("#   %s: %.600s\n", what, text != NULL ? text : "nothing");
	free(text);
}

/* Nothing is answered to what is due. */
static bool
alike(const json_t *a, const json_t *b)
{
	return a == b || json_equal(a, b);
}

/* --- running ------------------------------------------------------------------ */

static struct rig_answer
run_case(struct rig *r, const struct fault_case *c, const char *params,
	 struct rig_arm *arm)
{
	struct rig_answer a = { .exit_code = RIG_EXIT_NONE };

	if (strcmp(c->method, "tick") == 0) {
		a.exit_code = rig_tick(r, arm);
		return a;
	}
	return rig_ask(r, &c->who, c->method, params, c->key, arm);
}

static struct rig *
fresh(const struct fault_case *c, int64_t now_ms)
{
	struct rig *r;

	rig_copy(template_dir, work_dir);
	inject_begin(now_ms);
	r = rig_open(work_dir);
	if (!desk_before(r, c))
		rig_fail("what comes before %s is refused", c->method);
	inject_begin(now_ms);
	return r;
}

static void
check_reference(const struct fault_case *c, const struct rig_answer *a)
{
	if (a->exit_code != RIG_EXIT_NONE)
		rig_fail("%s ends the daemon: %d", c->method, a->exit_code);
	if (strcmp(c->method, "tick") == 0)
		return;
	if (a->reply == NULL)
		rig_fail("%s is not answered", c->method);
	if (c->refused == NULL && json_object_get(a->reply, "error") != NULL) {
		show(c->method, a->reply);
		rig_fail("%s is refused", c->method);
	}
	if (c->refused != NULL && strcmp(error_code(a->reply), c->refused) != 0)
		rig_fail("%s: '%s', not '%s'", c->method, error_code(a->reply),
			 c->refused);
}

static void
reference_make(const struct fault_case *c, struct reference *ref)
{
	int k;

	buf_init(&ref->before, DUMP_MAX);
	buf_init(&ref->after, DUMP_MAX);
	ref->now_ms = T0_MS + CASE_MS + c->at_s * 1000;
	for (k = 0; k < FAULT_KINDS; k++) {
		struct rig_arm arm = { .on = true, .kind = (enum fault)k };
		struct rig *r = fresh(c, ref->now_ms);
		struct rig_answer a;

		if (k == 0) {
			rig_dump(work_dir, &ref->before);
			ref->params = words_expand(c->params);
		}
		a = run_case(r, c, ref->params, &arm);
		check_reference(c, &a);
		ref->seen[k] = arm.seen;
		if (k == 0) {
			rig_dump(work_dir, &ref->after);
			ref->reply = json_incref(a.reply);
		} else if (!alike(ref->reply, a.reply)) {
			show("first", ref->reply);
			show("then", a.reply);
			rig_fail("%s: each run has another reply", c->method);
		}
		rig_answer_release(&a);
		rig_close(&r);
	}
}

static void
reference_release(struct reference *ref)
{
	json_decref(ref->reply);
	buf_release(&ref->before);
	buf_release(&ref->after);
	mem_free(ref->params);
}

/* --- judging ------------------------------------------------------------------- */

static bool
same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Each blob whose octets are no column is a file, whole. */
static void
expect_files(const struct fault_case *c, const struct buf *dump)
{
	const char *at = buf_str(dump);

	for (; (at = strstr(at, "\nblob|")) != NULL; at++) {
		char sha[HASH_HEX];
		long long bytes = 0;
		struct stat st;
		char *path;
		int end = 0;

		(void)sscanf(at, "\nblob|%64[0-9a-f]|%lld|NULL|%n", sha, &bytes,
			     &end);
		if (end == 0)
			continue;
		path = mem_printf("%s/blobs/%.2s/%s", work_dir, sha, sha + 2);
		if (stat(path, &st) != 0 || st.st_size != bytes)
			failed(c, "a blob has no file, or not all of it");
		mem_free(path);
	}
}

static void
expect_state(const struct fault_case *c, const struct buf *want,
	     const char *when)
{
	struct buf got;
	char where[400];

	buf_init(&got, DUMP_MAX);
	rig_dump(work_dir, &got);
	if (!same(want, &got)) {
		rig_differ(want, &got, where, sizeof where);
		failed(c, "%s the store is another: %s", when, where);
	}
	expect_files(c, &got);
	buf_release(&got);
}

/* It is not known whether it was done: wholly, or not at all. Done? */
static bool
expect_either(const struct fault_case *c, const struct reference *ref,
	      const char *when)
{
	struct buf got;
	char where[400];
	bool done;

	buf_init(&got, DUMP_MAX);
	rig_dump(work_dir, &got);
	done = same(&ref->after, &got);
	if (!done && !same(&ref->before, &got)) {
		rig_differ(&ref->before, &got, where, sizeof where);
		failed(c, "%s the store has half of it: %s", when, where);
	}
	buf_release(&got);
	return done;
}

static void
judge_error(const struct fault_case *c, const struct reference *ref,
	    const struct rig_answer *a)
{
	/* a sync that failed says that nothing is known of the disk */
	bool temp = strcmp(error_outcome(a->reply), "temp") == 0 ||
		    strcmp(error_code(a->reply), "sync") == 0;

	if (json_equal(a->reply, ref->reply)) {
		pg->ok++;
		expect_state(c, &ref->after, "after the right refusal");
		return;
	}
	pg->temp++;
	if (!temp || error_code(a->reply)[0] == '\0') {
		failed(c, "a failure of the moment is told as another");
		show("reply", a->reply);
	}
	if (rig_touched(work_dir))
		expect_state(c, &ref->before, "after an error");
}

/* What came of it; true: it may be asked for again. */
static bool
judge(const struct fault_case *c, const struct reference *ref,
      const struct rig_answer *a)
{
	bool tick = strcmp(c->method, "tick") == 0;

	if (a->exit_code != RIG_EXIT_NONE) {
		pg->died++;
		if (a->exit_code != EXIT_STORE)
			failed(c, "the daemon ends with %d", a->exit_code);
		(void)expect_either(c, ref, "after the end");
		return false;
	}
	if (a->replies > 1)
		failed(c, "%zu replies", a->replies);
	if (a->reply == NULL && !tick) {
		pg->closed++;
		if (!a->closed)
			failed(c, "no reply, and the connection stays");
		return !expect_either(c, ref, "without a reply");
	}
	if (tick)
		return !expect_either(c, ref, "after a tick");
	if (json_object_get(a->reply, "error") != NULL) {
		judge_error(c, ref, a);
		return true;
	}
	pg->ok++;
	if (!(c->reports && pg->kind >= FAULT_VFS) &&
	    !json_equal(a->reply, ref->reply)) {
		failed(c, "another reply than without the failure");
		show("want", ref->reply);
		show("is", a->reply);
	}
	expect_state(c, &ref->after, "after the reply");
	return false;
}

/* When all is well again the same request is done. */
static void
again(struct rig *r, const struct fault_case *c, const struct reference *ref)
{
	struct rig_answer a;
	struct rig_arm none = { .on = false };

	if (c->before != NULL || c->counts)
		return; /* its handle may have ended */
	inject_begin(ref->now_ms);
	rig_reconnect(r, c->who.role);
	a = run_case(r, c, ref->params, &none);
	if (a.exit_code != RIG_EXIT_NONE)
		failed(c, "asked again, the daemon ends: %d", a.exit_code);
	else if (!alike(a.reply, ref->reply)) {
		failed(c, "asked again, another reply");
		show("want", ref->reply);
		show("is", a.reply);
	} else {
		expect_state(c, &ref->after, "asked again");
	}
	rig_answer_release(&a);
}

/* What a subscriber was told meanwhile. */
static void
listen_to(const struct fault_case *c, struct rig *r, const struct rig_answer *a)
{
	const json_t *number = json_object_get(a->reply, "number");
	const char *why;

	if (a->exit_code != RIG_EXIT_NONE)
		return;
	why = rig_heard(r, number != NULL ? json_integer_value(number) : -1);
	if (why != NULL)
		failed(c, "%s", why);
}

/* One failure. false: it was never reached. */
static bool
point(const struct fault_case *c, const struct reference *ref, long n,
      bool forever)
{
	struct rig_arm arm = { .on = true,
			       .kind = pg->kind,
			       .n = n,
			       .forever = forever,
			       .errnum = n % 2 ? EIO : ENOSPC };
	struct rig *r = fresh(c, ref->now_ms);
	struct rig_answer a;
	bool more;

	pg->n = n;
	pg->forever = forever;
	a = run_case(r, c, ref->params, &arm);
	if (arm.failed > 0) {
		pg->points++;
		more = judge(c, ref, &a);
		listen_to(c, r, &a);
		if (more)
			again(r, c, ref);
	}
	rig_answer_release(&a);
	rig_close(&r);
	return arm.failed > 0;
}

/* --- which ---------------------------------------------------------------------- */

static unsigned long
next_random(unsigned long *state)
{
	*state = *state * 6364136223846793005UL + 1442695040888963407UL;
	return *state >> 33;
}

static void
sampled(const struct fault_case *c, const struct reference *ref)
{
	unsigned long state = opt.seed * 1000003UL + pg->i * 31 + pg->kind;
	long all = ref->seen[pg->kind];
	long k = opt.points < all ? opt.points : all;
	long i;

	for (i = 0; i < k && pg->failures < FAILURES_MAX; i++) {
		long low = i * all / k;
		long width = (i + 1) * all / k - low;
		long n = low + 1 +
			 (long)(next_random(&state) % (unsigned long)width);

		if (n <= pg->n && pg->n != 0)
			continue; /* done before a crash */
		(void)point(c, ref, n, i % 2);
	}
}

static void
exhaustive(const struct fault_case *c, const struct reference *ref, long from)
{
	long n;

	for (n = from; pg->failures < FAILURES_MAX; n++) {
		if (!point(c, ref, n, false))
			break;
		(void)point(c, ref, n, true);
	}
}

/* In the child: the kinds of a case from where a crash left it. */
static void
run_kinds(const struct fault_case *c, int kind, long from)
{
	struct reference ref = { .params = NULL };
	int k;

	reference_make(c, &ref);
	for (k = kind; k < FAULT_KINDS; k++) {
		if (opt.kind >= 0 && k != opt.kind)
			continue;
		pg->kind = (enum fault)k;
		pg->n = k == kind ? from : 0;
		pg->total[k] = ref.seen[k];
		if (opt.at != 0)
			(void)point(c, &ref, opt.at, opt.at_forever);
		else if (opt.all)
			exhaustive(c, &ref, pg->n + 1);
		else
			sampled(c, &ref);
	}
	reference_release(&ref);
}

static void
died_of(int sig)
{
	static const char text[] = "# crashed\n";

	(void)!write(1, text, sizeof text - 1);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

/* A case in a child, begun again behind the failure that killed it. */
static bool
run_one(size_t i)
{
	const struct fault_case *c = &fault_cases[i];
	int kind = 0;
	long from = 0;
	long failures = 0;

	memset(pg, 0, sizeof *pg);
	pg->i = i;
	for (;;) {
		pid_t pid;
		int status = 0;

		(void)fflush(stdout);
		pid = fork();
		if (pid < 0)
			rig_fail("fork: %s", strerror(errno));
		if (pid == 0) {
			(void)signal(SIGABRT, died_of);
			run_kinds(c, kind, from);
			words_end();
			exit(0);
		}
		(void)waitpid(pid, &status, 0);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
			pg->failures++;
			break;
		}
		failed(c, "crashed (%s %d)",
		       WIFSIGNALED(status) ? "signal" : "exit",
		       WIFSIGNALED(status) ? WTERMSIG(status)
					   : WEXITSTATUS(status));
		if (opt.at != 0 || pg->failures >= FAILURES_MAX)
			break;
		kind = (int)pg->kind;
		from = pg->n;
	}
	failures = pg->failures;
	(void)printf("%s %zu - %s: %ld points, %ld done, %ld refused, %ld "
		     "closed, %ld ended (of %ld, %ld, %ld, %ld, %ld)\n",
		     failures ? "not ok" : "ok", i + 1, c->method, pg->points,
		     pg->ok, pg->temp, pg->closed, pg->died, pg->total[0],
		     pg->total[1], pg->total[2], pg->total[3], pg->total[4]);
	return failures == 0;
}

/* --- all of them ----------------------------------------------------------------- */

/* A method of the table that nobody asks for fails. */
static bool
all_methods(void)
{
	bool all = true;
	size_t m;

	for (m = 0; m < method_count; m++) {
		size_t i = 0;

		while (fault_cases[i].method != NULL &&
		       strcmp(fault_cases[i].method, method_table[m].name) != 0)
			i++;
		if (fault_cases[i].method != NULL)
			continue;
		(void)printf("# no case for %s\n", method_table[m].name);
		all = false;
	}
	(void)printf("%s %d - every method of the table has a case\n",
		     all ? "ok" : "not ok", 0);
	return all;
}

static void
read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' },
		{ "points", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "only", required_argument, NULL, 'o' },
		{ "kind", required_argument, NULL, 'k' },
		{ "at", required_argument, NULL, 'n' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c == 'a')
			opt.all = true;
		else if (c == 'p')
			opt.points = strtol(optarg, NULL, 10);
		else if (c == 's')
			opt.seed = strtoul(optarg, NULL, 10);
		else if (c == 'o')
			opt.only = optarg;
		else if (c == 'n') {
			opt.at = strtol(optarg, NULL, 10);
			opt.at_forever = strchr(optarg, '+') != NULL;
		} else if (c == 'v')
			opt.verbose = inject_log = true;
		else if (c == 'k') {
			opt.kind = 0;
			while (opt.kind < FAULT_KINDS &&
			       strcmp(fault_names[opt.kind], optarg) != 0)
				opt.kind++;
			if (opt.kind == FAULT_KINDS)
				rig_fail("what is '%s'?", optarg);
		} else
			exit(64);
	}
}

int
main(int argc, char **argv)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	bool good;
	size_t i;

	read_options(argc, argv);
	(void)umask(0077);
	(void)snprintf(base, sizeof base, "%s/postigo-fault-XXXXXX", tmp);
	if (mkdtemp(base) == NULL)
		rig_fail("cannot make a folder in %s", tmp);
	(void)snprintf(template_dir, sizeof template_dir, "%s/desk", base);
	(void)snprintf(work_dir, sizeof work_dir, "%s/work", base);
	pg = mmap(NULL, sizeof *pg, PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (pg == MAP_FAILED)
		rig_fail("no memory is shared");
	hash_start();
	inject_start();
	words_start(work_dir);
	desk_make(work_dir, T0_MS);
	rig_copy(work_dir, template_dir);
	good = all_methods();
	for (i = 0; fault_cases[i].method != NULL; i++)
		if (opt.only == NULL ||
		    strcmp(opt.only, fault_cases[i].method) == 0)
			good = run_one(i) && good;
	words_end();
	rig_remove(base);
	return good ? 0 : 1;
}
