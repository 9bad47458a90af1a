/* The page of an order: what others wrote is text and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/chat/order.h"
#include "gateways/chat/order_page.h"

static struct buf page;

static const char *
make(const char *json)
{
	json_t *sheet = json_loads(json, 0, NULL);

	assert_non_null(sheet);
	buf_release(&page);
	buf_init(&page, ORDER_PAGE_BYTES);
	order_page(&page, sheet);
	json_decref(sheet);
	return buf_str(&page);
}

static int
release(void **state)
{
	(void)state;
	buf_release(&page);
	return 0;
}

static void
has(const char *html, const char *what)
{
	if (strstr(html, what) == NULL)
		fail_msg("'%s' is not in %s", what, html);
}

static void
lacks(const char *html, const char *what)
{
	if (strstr(html, what) != NULL)
		fail_msg("'%s' is in %s", what, html);
}

static const char whole[] =
	"{\"language\":\"es\",\"shop\":\"Olmo\",\"number\":\"1042\","
	"\"state\":\"Enviado\",\"late\":\"3 días de retraso\","
	"\"total\":\"61,80 €\",\"as_of\":\"hoy\","
	"\"lines\":[{\"name\":\"Taza\",\"variant\":\"azul\",\"quantity\":2,"
	"\"total\":\"20,00 €\",\"refunded\":1,\"properties\":[\"Nombre: Eva\"]"
	"}],\"shipments\":[{\"state\":\"En camino\",\"carrier\":\"Correos\","
	"\"number\":\"PQ4A\",\"url\":\"https://correos.example/?n=PQ4A&x=1\","
	"\"checkpoints\":[{\"at\":\"ayer\",\"text\":\"En la oficina\","
	"\"place\":\"Madrid\"}]}],\"returns\":[{\"state\":\"Aceptada\"}],"
	"\"address\":[\"Eva Gil\",\"Calle Mayor 1\"]}";

static void
all_of_it_is_there(void **state)
{
	const char *html = make(whole);

	(void)state;
	has(html, "<html lang=\"es\">");
	has(html, "content=\"noindex, nofollow\"");
	has(html, "<h1>Pedido <bdi>1042</bdi></h1>");
	has(html, "3 días de retraso");
	has(html, "<bdi>Taza</bdi><small><bdi>azul</bdi></small>");
	has(html, "<small><bdi>Nombre: Eva</bdi></small>");
	has(html, "<td>2</td><td>20,00 €</td>");
	has(html, "href=\"https://correos.example/?n=PQ4A&amp;x=1\"><bdi>PQ4A"
		  "</bdi></a>");
	has(html, "<bdi>En la oficina</bdi>, <bdi>Madrid</bdi>");
	has(html, "<li><span><bdi>Aceptada</bdi></span></li>");
	has(html, "<div><bdi>Calle Mayor 1</bdi></div>");
	has(html, "Según la tienda, el <bdi>hoy</bdi>");
	lacks(html, "<script");
	lacks(html, "style=");
}

static void
nothing_unknown_is_shown(void **state)
{
	const char *html = make("{\"language\":\"en\",\"number\":\"7\"}");

	(void)state;
	has(html, "<html lang=\"en\">");
	has(html, "<h1>Order <bdi>7</bdi></h1>");
	lacks(html, "<dt>");
	lacks(html, "Shipments");
	lacks(html, "<table>");
	lacks(html, "<address>");
	lacks(html, "<footer>");
	/* what is none of ours to begin with */
	has(make("{}"), "<h1>Pedido <bdi></bdi></h1>");
	has(make("{\"language\":7,\"lines\":{},\"shipments\":[3],"
		 "\"address\":[{}],\"returns\":[null]}"),
	    "</html>");
}

static void
what_others_wrote_is_text(void **state)
{
	static const char evil[] = "\\\"><script>x</script>";
	static const char *const forms[] = {
		"{\"shop\":\"%s\"}",
		"{\"number\":\"%s\"}",
		"{\"late\":\"%s\"}",
		"{\"total\":\"%s\"}",
		"{\"address\":[\"%s\"]}",
		"{\"as_of\":\"%s\"}",
		"{\"lines\":[{\"name\":\"%s\"}]}",
		"{\"lines\":[{\"variant\":\"%s\"}]}",
		"{\"lines\":[{\"properties\":[\"%s\"]}]}",
		"{\"shipments\":[{\"carrier\":\"%s\"}]}",
		"{\"shipments\":[{\"number\":\"%s\"}]}",
		"{\"shipments\":[{\"url\":\"https://x/%s\"}]}",
		"{\"shipments\":[{\"checkpoints\":[{\"text\":\"%s\"}]}]}",
		"{\"shipments\":[{\"checkpoints\":[{\"place\":\"%s\"}]}]}",
		"{\"returns\":[{\"state\":\"%s\"}]}",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct buf b;
		const char *at = strstr(forms[i], "%s");

		buf_init(&b, 1000);
		(void)buf_add(&b, forms[i], (size_t)(at - forms[i]));
		(void)buf_puts(&b, evil);
		(void)buf_puts(&b, at + 2);
		lacks(make(buf_str(&b)), "<script");
		has(buf_str(&page), "&lt;script&gt;");
		buf_release(&b);
	}
}

static void
a_link_is_one_of_the_web(void **state)
{
	(void)state;
	lacks(make("{\"shipments\":[{\"number\":\"1\",\"url\":"
		   "\"javascript:alert(1)\"}]}"),
	      "javascript:");
	lacks(make("{\"shipments\":[{\"url\":\"data:text/html,x\"}]}"),
	      "data:");
	has(make("{\"language\":\"en\",\"shipments\":[{\"url\":"
		 "\"http://t.example/1\"}]}"),
	    "href=\"http://t.example/1\"><bdi>Track it</bdi></a>");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_it_is_there),
		cmocka_unit_test(nothing_unknown_is_shown),
		cmocka_unit_test(what_others_wrote_is_text),
		cmocka_unit_test(a_link_is_one_of_the_web),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
