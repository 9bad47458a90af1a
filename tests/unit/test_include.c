/* Desk books in several files: what becomes of includes, and where errors
 * are said to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/include.h"

/* Each test stands in an empty folder of its own. */
static int
set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/include-XXXXXX", tmp != NULL ? tmp : "/tmp");

	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	*state = dir;
	return 0;
}

static int
tear_down(void **state)
{
	char *command = mem_printf("rm -rf '%s'", (char *)*state);
	FILE *f = chdir("/") == 0 ? popen(command, "re") : NULL;
	int bad = f != NULL ? pclose(f) : -1;

	mem_free(command);
	mem_free(*state);
	return bad;
}

static void
put_bytes(const char *name, const char *s, size_t n)
{
	FILE *f = fopen(name, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(s, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
put(const char *name, const char *s)
{
	put_bytes(name, s, strlen(s));
}

/* What a person is told: of includes, or of the whole book. "" if right. */
static char *
told(const char *path)
{
	struct book_errors errs = { 0 };
	struct include *f = NULL;
	struct book *b = NULL;
	struct err e = { .text = "" };
	enum outcome o = include_read(path, &f, &errs, &e);
	struct buf out;
	size_t n;

	if (f == NULL) {
		assert_int_equal(o, OUT_PERM);
		book_errors_release(&errs);
		return mem_strdup(e.text);
	}
	if (o == OUT_OK) {
		const char *text = include_text(f, &n);

		assert_int_equal(errs.n, 0);
		assert_int_equal(n, strlen(text));
		o = book_read(text, n, &b, &errs);
		book_unref(&b);
	}
	assert_int_equal(o == OUT_OK, errs.n == 0);
	buf_init(&out, 1024 * 1024);
	include_print(f, &errs, &out);
	book_errors_release(&errs);
	include_free(&f);
	assert_null(f);
	return out.len != 0 ? buf_take(&out) : mem_strdup("");
}

static void
says(const char *path, const char *want)
{
	char *got = told(path);

	if (strcmp(got, want) != 0)
		fail_msg("got:\n%s\nwant:\n%s", got, want);
	mem_free(got);
}

static void
has_text(const char *path, const char *want)
{
	struct book_errors errs = { 0 };
	struct include *f = NULL;
	struct err e;
	size_t n;

	assert_int_equal(include_read(path, &f, &errs, &e), OUT_OK);
	assert_string_equal(include_text(f, &n), want);
	assert_int_equal(n, strlen(want));
	include_free(&f);
}

static void
a_book_of_one_file_stays_as_it_is(void **state)
{
	static const char text[] =
		"# include \"none.book\"\n"
		"queue \"q\" { title \"include \\\"a\\\"\" }\r\n"
		"reply \"r\" { text \"\"\"\ninclude \"b\"\n\"\"\" }";

	(void)state;
	put("a.book", text);
	has_text("a.book", text);
	put_bytes("bom.book", "\xEF\xBB\xBFqueue \"q\" { }", 16);
	has_text("bom.book", "queue \"q\" { }");
	put("empty.book", "");
	has_text("empty.book", "");
}

static void
files_are_put_together(void **state)
{
	(void)state;
	assert_int_equal(mkdir("parts", 0700), 0);
	assert_int_equal(mkdir("parts/deep", 0700), 0);
	put("shop.book", "queue \"q\" { }\n"
			 "  include \"parts/a.book\" # why\n"
			 "include \"parts/deep\"\r\n"
			 "include \"parts/../last.book\"");
	put("parts/a.book", "queue \"a\" { }\ninclude \"deep/2.book\"");
	put("parts/deep/2.book", "queue \"2\" { }");
	put("parts/deep/1.book", "queue \"1\" { }\n");
	put("parts/deep/3.text", "no book");
	put("parts/deep/.4.book", "hidden");
	put("last.book", "queue \"last\" { titel \"x\" }\n");
	has_text("shop.book", "queue \"q\" { }\n"
			      "#   include \"parts/a.book\" # why\n"
			      "queue \"a\" { }\n"
			      "# include \"deep/2.book\"\n"
			      "queue \"2\" { }\n"
			      "# include \"parts/deep\"\r\n"
			      "queue \"1\" { }\n"
			      "# include \"parts/../last.book\"\n"
			      "queue \"last\" { titel \"x\" }\n");
	says("shop.book",
	     "parts/../last.book:1:16: unexpected word 'titel' (did you mean "
	     "'title'?)\n"
	     "    queue \"last\" { titel \"x\" }\n"
	     "                   ^\n");
	/* after an include places are right again */
	put("last.book", "queue \"last\" { }\n");
	put("after.book", "include \"last.book\"\n\tqueue \"á\" { titel }\n");
	says("after.book",
	     "after.book:2:14: unexpected word 'titel' (did you mean "
	     "'title'?)\n"
	     "    \tqueue \"á\" { titel }\n"
	     "    \t            ^\n");
}

static void
a_folder_is_all_its_books(void **state)
{
	(void)state;
	assert_int_equal(mkdir("shop", 0700), 0);
	says("shop", "no book in folder 'shop'");
	put("shop/b.book", "queue \"b\" { titel }\n");
	put("shop/a.book", "queue \"a\" { }");
	put("shop/c.book", "include \"a.book\"\nqueue \"c\" { }\n");
	has_text("shop", "queue \"a\" { }\nqueue \"b\" { titel }\n"
			 "# include \"a.book\"\nqueue \"c\" { }\n");
	says("shop/", "shop/b.book:1:13: unexpected word 'titel' (did you mean "
		      "'title'?)\n"
		      "    queue \"b\" { titel }\n"
		      "                ^\n");
}

static void
loops_are_told_with_their_chain(void **state)
{
	(void)state;
	put("a.book", "queue \"a\" { }\ninclude \"b.book\"\n");
	put("b.book", "include \"c.book\"\n");
	put("c.book", "\n\ninclude \"a.book\"\n");
	says("a.book",
	     "c.book:3:9: an include loop: a.book:2 -> b.book:1 -> c.book:3 -> "
	     "a.book (take one of these includes away)\n"
	     "    include \"a.book\"\n"
	     "            ^\n");
	put("self.book", "include \"./self.book\"");
	says("self.book",
	     "self.book:1:9: an include loop: self.book:1 -> ./self.book (take "
	     "one of these includes away)\n"
	     "    include \"./self.book\"\n"
	     "            ^\n");
}

static void
includes_that_cannot_be_followed(void **state)
{
	(void)state;
	put("rules.book", "queue \"q\" { }\n");
	assert_int_equal(mkfifo("pipe.book", 0600), 0);
	assert_int_equal(mkdir("empty", 0700), 0);
	put("a.book", "include \"rulez.book\"\n"
		      "include \"nothing/like/it\"\n"
		      "include \"/etc/passwd\"\n"
		      "include \"..\" # up\n"
		      "include \"..\"\n"
		      "include other\n"
		      "include\n"
		      "include \"\"\n"
		      "include \"a\n"
		      "include \"rules.book\" queue \"x\" { }\n"
		      "queue \"y\" { } include \"rules.book\"\n"
		      "include \"pipe.book\"\n"
		      "include \"empty\"\n"
		      "queue \"z\" {\n  include \"rules.book\"\n}\n");
	says("a.book",
	     "a.book:1:9: no file 'rulez.book' (did you mean 'rules.book'?)\n"
	     "    include \"rulez.book\"\n"
	     "            ^\n"
	     "a.book:2:9: no file 'nothing/like/it' (names are looked for "
	     "beside the file that includes)\n"
	     "    include \"nothing/like/it\"\n"
	     "            ^\n"
	     "a.book:3:9: an include with a whole path (name it from the "
	     "folder of this file)\n"
	     "    include \"/etc/passwd\"\n"
	     "            ^\n"
	     "a.book:4:9: '..' is outside of the book's folder (move it into "
	     "the folder or below)\n"
	     "    include \"..\" # up\n"
	     "            ^\n"
	     "a.book:5:9: '..' is outside of the book's folder (move it into "
	     "the folder or below)\n"
	     "    include \"..\"\n"
	     "            ^\n"
	     "a.book:6:9: an include that names no file (include "
	     "\"other.book\")\n"
	     "    include other\n"
	     "            ^\n"
	     "a.book:7:8: an include that names no file (include "
	     "\"other.book\")\n"
	     "    include\n"
	     "           ^\n"
	     "a.book:8:9: an include that names no file (include "
	     "\"other.book\")\n"
	     "    include \"\"\n"
	     "            ^\n"
	     "a.book:9:9: an include that names no file (include "
	     "\"other.book\")\n"
	     "    include \"a\n"
	     "            ^\n"
	     "a.book:10:22: an include is alone on its line (begin a new line "
	     "after the name)\n"
	     "    include \"rules.book\" queue \"x\" { }\n"
	     "                         ^\n"
	     "a.book:11:15: an include is alone on its line (begin a new line "
	     "before it)\n"
	     "    queue \"y\" { } include \"rules.book\"\n"
	     "                  ^\n"
	     "a.book:12:9: 'pipe.book' is no file and no folder\n"
	     "    include \"pipe.book\"\n"
	     "            ^\n"
	     "a.book:13:9: no book in folder 'empty' (its files are named like "
	     "shop.book)\n"
	     "    include \"empty\"\n"
	     "            ^\n"
	     "a.book:15:3: an include inside of braces (close the '{' of line "
	     "14 before it)\n"
	     "      include \"rules.book\"\n"
	     "      ^\n");
	says("none.book", "could not read 'none.book': No such file or "
			  "directory");
	says("pipe.book", "'pipe.book' is no file and no folder");
}

static void
a_book_stays_in_its_folder(void **state)
{
	(void)state;
	assert_int_equal(mkdir("shop", 0700), 0);
	put("secret.book", "queue \"s\" { }\n");
	assert_int_equal(symlink("../secret.book", "shop/link.book"), 0);
	assert_int_equal(symlink("inner.book", "shop/fine.book"), 0);
	put("shop/inner.book", "queue \"inner\" { }\n");
	put("shop/a.book", "include \"link.book\"\ninclude \"fine.book\"\n"
			   "include \"../secret.book\"\n"
			   "include \"../shop/inner.book\"\n");
	says("shop/a.book",
	     "shop/a.book:1:9: 'shop/link.book' is outside of the book's "
	     "folder (move it into the folder or below)\n"
	     "    include \"link.book\"\n"
	     "            ^\n"
	     "shop/a.book:3:9: 'shop/../secret.book' is outside of the book's "
	     "folder (move it into the folder or below)\n"
	     "    include \"../secret.book\"\n"
	     "            ^\n");
	/* a folder whose name begins alike is another one */
	assert_int_equal(mkdir("shopping", 0700), 0);
	put("shopping/x.book", "queue \"x\" { }\n");
	put("shop/a.book", "include \"../shopping/x.book\"\n");
	says("shop/a.book",
	     "shop/a.book:1:9: 'shop/../shopping/x.book' is outside of the "
	     "book's folder (move it into the folder or below)\n"
	     "    include \"../shopping/x.book\"\n"
	     "            ^\n");
}

static void
octets_that_are_not_text(void **state)
{
	(void)state;
	put("a.book", "queue \"q\" { }\ninclude \"latin.book\"\n"
		      "include \"nul.book\"\n");
	put("latin.book", "queue \"x\" {\n title \"caf\xE9\" }\n");
	put_bytes("nul.book", "queue\0\"q\"", 9);
	says("a.book",
	     "latin.book:2:12: a byte that is not UTF-8 text (save the file as "
	     "UTF-8)\n"
	     "     title \"caf\xEF\xBF\xBD\" }\n"
	     "               ^\n"
	     "nul.book:1:6: a byte that is not UTF-8 text (save the file as "
	     "UTF-8)\n"
	     "    queue\xEF\xBF\xBD\"q\"\n"
	     "         ^\n");
	says("latin.book",
	     "latin.book:2:12: a byte that is not UTF-8 text (save the file as "
	     "UTF-8)\n"
	     "     title \"caf\xEF\xBF\xBD\" }\n"
	     "               ^\n");
}

static void
many_files(void **state)
{
	struct buf b;
	int i;

	(void)state;
	buf_init(&b, 65536);
	for (i = 0; i < INCLUDE_FILES_MAX; i++) {
		char name[32];

		(void)snprintf(name, sizeof name, "f%03d.book", i);
		put(name, "# nothing\n");
		(void)buf_printf(&b, "include \"%s\"\n", name);
	}
	put("all.book", buf_str(&b));
	says("all.book",
	     "all.book:64:9: more than 64 files in a book (put some of them "
	     "together)\n"
	     "    include \"f063.book\"\n"
	     "            ^\n");
	buf_release(&b);
}

static void
deep_files(void **state)
{
	int i;

	(void)state;
	for (i = 0; i <= INCLUDE_DEPTH_MAX + 1; i++) {
		char name[32];
		char text[64];

		(void)snprintf(name, sizeof name, "d%d.book", i);
		(void)snprintf(text, sizeof text, "include \"d%d.book\"\n",
			       i + 1);
		put(name, i <= INCLUDE_DEPTH_MAX ? text : "queue \"q\" { }");
	}
	says("d0.book",
	     "d8.book:1:9: includes more than 8 deep (include from the first "
	     "file instead)\n"
	     "    include \"d9.book\"\n"
	     "            ^\n");
	says("d1.book", "");
}

static void
large_files(void **state)
{
	size_t n = 10 * 1024 * 1024;
	char *text = mem_new(n + 1, 1);

	(void)state;
	memset(text, '\n', n);
	put_bytes("big.book", text, n);
	says("big.book",
	     "big.book:1:1: a book over 1024 KiB with all its files (leave out "
	     "what nobody needs)\n"
	     "    \n"
	     "    ^\n");
	put_bytes("half.book", text, 600 * 1024);
	put_bytes("other.book", text, 600 * 1024);
	put("a.book", "include \"half.book\"\ninclude \"other.book\"\n");
	says("a.book",
	     "a.book:2:9: a book over 1024 KiB with all its files (leave out "
	     "what nobody needs)\n"
	     "    include \"other.book\"\n"
	     "            ^\n");
	mem_free(text);
}

static void
long_lines_are_cut(void **state)
{
	(void)state;
	put("a.book",
	    "queue \"q\" { } # aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"
	    "queue \"q234567890123456789012345678901234567890123456789\" { } "
	    "queue \"z234567890123456789\" { titel \"x\" } queue \"y\" { } "
	    "queue \"v234567890123456789\" { }\n"
	    "quue \"x\" { } queue \"y2345678901234567890123456789012345678901"
	    "234567890123456789\" { }\n");
	says("a.book",
	     "a.book:2:93: unexpected word 'titel' (did you mean 'title'?)\n"
	     "    ...67890123456789\" { } queue \"z234567890123456789\" { "
	     "titel \"x\" } queue \"y\" { } ...\n"
	     "                                                         ^\n"
	     "a.book:3:1: unexpected word 'quue' (did you mean 'queue'?)\n"
	     "    quue \"x\" { } queue \"y2345678901234567890123456789012345678"
	     "901234567890123456...\n"
	     "    ^\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_book_of_one_file_stays_as_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(files_are_put_together, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_folder_is_all_its_books,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(loops_are_told_with_their_chain,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			includes_that_cannot_be_followed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_book_stays_in_its_folder,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(octets_that_are_not_text,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(many_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(deep_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(large_files, set_up, tear_down),
		cmocka_unit_test_setup_teardown(long_lines_are_cut, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
