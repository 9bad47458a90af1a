#include "gateways/shop/request.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/shops.h"

static void
ask_free(struct pull_ask *a)
{
	mem_free(a->url);
	mem_free(a->body);
	for (size_t i = 0; i < PULL_HEADERS_MAX; i++)
		mem_free(a->header[i]);
}

enum outcome
request_begin(struct http_client *client, const struct shop *k,
	      struct pull_ask *ask, http_done_fn *fn, void *arg, struct err *e)
{
	struct http_request h = { .method = HTTP_GET,
				  .url = ask->url,
				  .here_plain = true,
				  .header = (const char *const *)ask->header,
				  .wait_s = RECONCILE_WAIT_S,
				  .answer_max = RECONCILE_ANSWER_BYTES };
	enum outcome o;

	if (shop_setting(k, "ca_file")[0] != '\0')
		h.ca_file = shop_setting(k, "ca_file");
	if (ask->body != NULL) {
		h.method = HTTP_POST;
		h.body = ask->body;
		h.body_n = strlen(ask->body);
	}
	o = http_client_ask(client, &h, fn, arg, e);
	ask_free(ask);
	return o;
}

static const char *
answer_header(const void *arg, const char *name)
{
	return http_result_header(arg, name);
}

enum outcome
request_answer(const struct shop *k, json_t *state, const struct http_result *h,
	       struct pull_told *told, struct err *e)
{
	const struct pull_shop shop = shop_pulled(k);
	const struct pull_answer a = {
		.status = h->status,
		.body = h->answer != NULL ? buf_str(h->answer) : "",
		.n = h->answer != NULL ? h->answer->len : 0,
		.header = answer_header,
		.header_arg = h
	};

	if (h->outcome == OUT_OK)
		return k->source->pull->answer(&shop, state, &a, told, e);
	*e = h->err;
	return h->outcome;
}
