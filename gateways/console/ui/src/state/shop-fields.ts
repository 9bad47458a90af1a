import type { MailField, MailSection } from "./mailbox-fields"

/** What can be said of a shop: its form is made from this list, as a mailbox's
 * is. */

export const SHOP_KINDS = ["woocommerce", "shopify", "prestashop", "magento", "orders", "aftership"] as const
export type ShopKind = (typeof SHOP_KINDS)[number]

export const isShopKind = (kind: string): kind is ShopKind => SHOP_KINDS.some((one) => one === kind)

const text = (name: string, more: Partial<MailField> = {}): MailField => ({ name, form: "text", ...more })
const needed = (name: string): MailField => text(name, { needed: true })
const secret = (name: string): MailField => ({ name, form: "secret" })

const RETURNS: MailSection = { name: "returns", fields: [{ name: "return_days", form: "number" }] }
const shop = (...fields: MailField[]): MailSection => ({ name: "shop", fields })
const login = (...names: string[]): MailSection => ({ name: "login", fields: names.map(secret) })
const api = (...names: string[]): MailSection => ({ name: "api", fields: names.map((name) => text(name)) })

export const SHOPS: Readonly<Record<ShopKind, readonly MailSection[]>> = {
  woocommerce: [
    shop(needed("url"), text("country"), text("zone"), { name: "completed", form: "choice", of: ["shipped", "delivered"] }),
    login("consumer_key", "consumer_secret", "webhook_secret"),
    RETURNS,
    api("ca_file"),
  ],
  shopify: [
    shop(needed("shop_domain"), text("country")),
    login("access_token", "client_secret", "client_secret_next"),
    RETURNS,
    api("url", "ca_file"),
  ],
  prestashop: [shop(needed("url"), text("country"), text("zone"), text("id_shop")), login("key"), RETURNS, api("ca_file")],
  magento: [shop(needed("url"), text("country")), login("token"), RETURNS, api("ca_file")],
  orders: [shop(text("country")), login("secret"), RETURNS],
  aftership: [login("webhook_secret")],
}

/** Kinds that deliver by a webhook, and the secret that it is signed with if
 * it is ours to make. */
const HOOKS: Readonly<Partial<Record<ShopKind, string | null>>> = {
  woocommerce: "webhook_secret",
  shopify: null,
  orders: "secret",
  aftership: null,
}

export const hasHook = (kind: string): boolean => isShopKind(kind) && HOOKS[kind] !== undefined

/** The secret that Postigo makes and the shop is told; null: the other way
 * round. */
export const madeSecret = (kind: string): string | null => (isShopKind(kind) ? (HOOKS[kind] ?? null) : null)

/** What a shop is told to deliver: its own words. */
export const TOPICS: Readonly<Partial<Record<ShopKind, readonly string[]>>> = {
  woocommerce: ["order.created", "order.updated", "order.deleted", "order.restored"],
  shopify: [
    "orders/create",
    "orders/updated",
    "refunds/create",
    "app/uninstalled",
    "customers/data_request",
    "customers/redact",
    "shop/redact",
  ],
}

/** Where a shop is told to deliver to; "": its path is not made yet. The host
 * is this page's: the gateway may be reached by another one. */
export const shopHook = (origin: string, path: unknown): string =>
  typeof path === "string" && /^[0-9a-f]{32}$/.test(path) ? `${origin}/shop/${path}` : ""

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
const SECRET_LETTERS = 40

/** A secret that nobody guesses, of letters and digits alone: WooCommerce
 * reads others as HTML. */
export function newSecret(): string {
  let made = ""
  while (made.length < SECRET_LETTERS) {
    const [octet = 255] = crypto.getRandomValues(new Uint8Array(1))
    // Octets above the last whole turn would make some letters likelier.
    if (octet < 4 * LETTERS.length) made += LETTERS[octet % LETTERS.length]
  }
  return made
}

/** A path that nobody guesses, as the daemon makes them. */
export const newPath = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("")
