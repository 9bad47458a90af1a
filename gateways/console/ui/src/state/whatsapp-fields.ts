import type { MailField, MailSection } from "./mailbox-fields"

/** What can be said of a number of WhatsApp: its form is made from this list,
 * as a mailbox's is. */

const text = (name: string, more: Partial<MailField> = {}): MailField => ({ name, form: "text", ...more })
const secret = (name: string): MailField => ({ name, form: "secret" })
const acknowledges = (settings: Readonly<Record<string, unknown>>): boolean => settings["acknowledge"] === true

export const WHATSAPP: readonly MailSection[] = [
  {
    name: "number",
    fields: [
      text("phone_number_id", { needed: true }),
      text("waba_id", { needed: true }),
      text("display_number"),
      { name: "language", form: "choice", of: ["", "es", "en"] },
    ],
  },
  {
    name: "login",
    fields: [secret("access_token"), secret("app_secret"), secret("verify_token"), secret("app_secret_next")],
  },
  {
    name: "answers",
    fields: [
      { name: "mail", form: "mailbox" },
      { name: "fallback", form: "choice", of: ["offer", "send"], only: (now) => Boolean(now["mail"]) },
      { name: "acknowledge", form: "check" },
      { name: "acknowledge_reply", form: "reply", only: acknowledges },
      { name: "survey", form: "check" },
      { name: "read_receipts", form: "check", standard: true },
    ],
  },
  {
    name: "api",
    fields: [text("graph_version"), text("graph_base"), text("portfolio"), text("media_hosts"), text("ca_file")],
  },
]

/** Where WhatsApp's server is told to deliver to. The host is this page's: the
 * gateway may be reached by another one. */
export const hookOf = (origin: string, phone: unknown): string =>
  `${origin}/whatsapp/${encodeURIComponent(typeof phone === "string" ? phone.trim() : "")}`

/** Fields of the app's webhook that Postigo reads; the first one is needed. */
export const HOOK_FIELDS: readonly string[] = [
  "messages",
  "account_update",
  "account_alerts",
  "phone_number_quality_update",
  "phone_number_name_update",
  "business_capability_update",
  "message_template_status_update",
  "message_template_quality_update",
  "template_category_update",
  "security",
  "user_preferences",
  "smb_message_echoes",
]

const TOKEN_BYTES = 24

/** A verify token that nobody guesses. */
export const newToken = (): string =>
  [...crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))].map((one) => one.toString(16).padStart(2, "0")).join("")
