#include "gateways/chat/text.h"

#include <string.h>

static const char *const texts[TEXT_COUNT][2] = {
	[TEXT_TITLE] = { "Chat", "Chat" },
	[TEXT_NO_SCRIPT] = { "El chat necesita JavaScript.",
			     "The chat needs JavaScript." },
	[TEXT_NOT_BUILT] = { "El chat no está instalado en este servidor.",
			     "The chat is not installed on this server." },
	[TEXT_NO_SITE] = { "Este servidor no conoce ningún sitio con ese "
			   "nombre.",
			   "This server knows no site of that name." },
	[TEXT_AWAY] = { "El servicio no responde ahora. Prueba otra vez en "
			"unos segundos.",
			"The service does not answer now. Try again in a few "
			"seconds." },
	[TEXT_ORDER] = { "Pedido", "Order" },
	[TEXT_ORDER_OTHER] = { "English", "Español" },
	[TEXT_ORDER_STATE] = { "Estado", "State" },
	[TEXT_ORDER_PLACED] = { "Fecha del pedido", "Order date" },
	[TEXT_ORDER_PAYMENT] = { "Pago", "Payment" },
	[TEXT_ORDER_PROMISED] = { "Entrega prevista", "Expected delivery" },
	[TEXT_ORDER_SHIPMENTS] = { "Envíos", "Shipments" },
	[TEXT_ORDER_TRACK] = { "Seguimiento", "Track it" },
	[TEXT_ORDER_LINES] = { "Artículos", "Items" },
	[TEXT_ORDER_ITEM] = { "Artículo", "Item" },
	[TEXT_ORDER_QUANTITY] = { "Cantidad", "Quantity" },
	[TEXT_ORDER_AMOUNT] = { "Importe", "Amount" },
	[TEXT_ORDER_SUBTOTAL] = { "Subtotal", "Subtotal" },
	[TEXT_ORDER_DISCOUNT] = { "Descuento", "Discount" },
	[TEXT_ORDER_SHIPPING] = { "Envío", "Shipping" },
	[TEXT_ORDER_TAX] = { "Impuestos", "Tax" },
	[TEXT_ORDER_TOTAL] = { "Total", "Total" },
	[TEXT_ORDER_REFUNDED] = { "Reembolsado", "Refunded" },
	[TEXT_ORDER_RETURNS] = { "Devoluciones", "Returns" },
	[TEXT_ORDER_ADDRESS] = { "Dirección de envío", "Shipping address" },
	[TEXT_ORDER_AS_OF] = { "Según la tienda, el", "As the shop told on" },
	[TEXT_ORDER_ENDED] = { "Este enlace ya no sirve. Escríbenos y te "
			       "enviamos otro.",
			       "This link has ended. Write to us and we will "
			       "send you another one." },
	[TEXT_ORDER_UNKNOWN] = { "Este enlace no lleva a ningún pedido. "
				 "Comprueba que está completo.",
				 "This link leads to no order. Please check "
				 "that it is complete." },
	[TEXT_ORDER_MANY] = { "Esta página se ha abierto muchas veces "
			      "seguidas. Espera un minuto y vuelve a probar.",
			      "This page was opened many times in a row. "
			      "Please wait a minute and try again." },
};

const char *
text_get(enum text t, const char *language)
{
	return texts[t][strcmp(language, "en") == 0 ? 1 : 0];
}
