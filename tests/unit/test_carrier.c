/* Where carriers show a parcel. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "daemon/carrier.h"

static void
is(const char *carrier, const char *number, const char *url)
{
	char *got = carrier_url(carrier, number);

	if (url == NULL)
		assert_null(got);
	else
		assert_string_equal(got, url);
	mem_free(got);
}

static void
a_name_is_known_however_it_is_written(void **state)
{
	static const char express[] = "https://s.correosexpress.com/c?n=1";

	(void)state;
	is("Correos Express", "1", express);
	is("correosexpress", "1", express);
	is("CORREOS-EXPRESS", "1", express);
	is("spanish-seur-api", "9",
	   "https://www.seur.com/livetracking/?segOnlineIdentificador=9");
	is("Royal Mail", "AB1GB",
	   "https://www.royalmail.com/track-your-item#/tracking-results/AB1GB");
}

static void
who_is_not_known_has_no_address(void **state)
{
	char name[300];

	(void)state;
	is("", "1", NULL);
	is("Correos de Chile", "1", NULL);
	is("Transportes Pepe", "1", NULL);
	is("SEUR", "", NULL);
	is("SEUR", "  ", NULL);
	(void)memset(name, 'U', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	is(name, "1", NULL);
}

static void
a_number_adds_nothing_to_the_address(void **state)
{
	char number[2000];

	(void)state;
	is("ups", "1Z 999&x=\"<#?/%",
	   "https://www.ups.com/track?tracknum="
	   "1Z999%26x%3D%22%3C%23%3F%2F%25");
	is("UPS", "\xC3\xB1\r\n",
	   "https://www.ups.com/track?tracknum="
	   "%C3%B1%0D%0A");
	(void)memset(number, '7', sizeof number - 1);
	number[sizeof number - 1] = '\0';
	is("UPS", number, NULL);
}

static void
the_agency_has_a_place_of_its_own(void **state)
{
	(void)state;
	is("NACEX", "0811/12345678",
	   "https://www.nacex.es/seguimientoDetalle.do?agencia_origen=0811"
	   "&numero_albaran=12345678");
	is("Nacex", "12345678",
	   "https://www.nacex.es/seguimientoDetalle.do?agencia_origen="
	   "&numero_albaran=12345678");
	is("Nacex", "/", NULL);
}

static void
each_is_found_by_https(void **state)
{
	static const char *const names[] = {
		"chronopost", "colissimo", "correos", "CTT Express",
		"DHL",        "DPD",       "FedEx",   "GLS",
		"InPost",     "La Poste",  "MRW",     "nacex",
		"Royal Mail", "SEUR",      "UPS",     "USPS"
	};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *url = carrier_url(names[i], "A1");

		assert_non_null(url);
		assert_int_equal(strncmp(url, "https://", 8), 0);
		assert_string_equal(url + strlen(url) - 2, "A1");
		mem_free(url);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_known_however_it_is_written),
		cmocka_unit_test(who_is_not_known_has_no_address),
		cmocka_unit_test(a_number_adds_nothing_to_the_address),
		cmocka_unit_test(the_agency_has_a_place_of_its_own),
		cmocka_unit_test(each_is_found_by_https),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
