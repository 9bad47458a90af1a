/* orderopen_address: apart from the opening, which needs all that decides. */

#include "daemon/orderopen.h"

#include "daemon/store/incident.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/shopper.h"

enum outcome
orderopen_address(struct store *s, const struct incident *inc,
		  char **address_out, char **name_out, struct err *e)
{
	enum outcome o = order_address(s, inc->id, inc->customer_id,
				       address_out, name_out, e);

	return o == OUT_OK && *address_out == NULL
		       ? shopper_proved_email(s, inc->customer_id, address_out,
					      e)
		       : o;
}
