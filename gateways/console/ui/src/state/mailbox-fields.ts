import type { FormKind, MailDraft } from "./settings"
import { SHOPS } from "./shop-fields"
import { WHATSAPP } from "./whatsapp-fields"

/** What can be said of a mailbox: the form is made from this list. A field that
 * does not apply is not shown, and not sent. */

export interface MailField {
  name: string
  form: "text" | "number" | "check" | "choice" | "date" | "lines" | "secret" | "reply" | "mailbox"
  /** Codes of a choice; the first one is what holds when nothing is said. */
  of?: readonly string[]
  /** A check's state when nothing is said. */
  standard?: boolean
  needed?: boolean
  only?(settings: Readonly<Record<string, unknown>>): boolean
}

export interface MailSection {
  name: "who" | "folders" | "arrives" | "leaves" | "login" | "answers" | "number" | "api" | "shop" | "returns"
  fields: readonly MailField[]
}

const SECURITY = ["tls", "starttls", "none"] as const
const text = (name: string, more: Partial<MailField> = {}): MailField => ({ name, form: "text", ...more })
const needed = (name: string): MailField => text(name, { needed: true })
const sends = (settings: Readonly<Record<string, unknown>>): boolean => Boolean(settings["smtp_host"])
const byToken = (settings: Readonly<Record<string, unknown>>): boolean => settings["auth"] === "xoauth2"

/** A file or a program of the daemon's machine gives tokens. Only the command
 * line says so: it is no field here, and stays as it is. */
export const byLocalToken = (settings: Readonly<Record<string, unknown>>): boolean =>
  byToken(settings) && Boolean(settings["oauth_token_file"] ?? settings["oauth_token_command"])
const byOurToken = (settings: Readonly<Record<string, unknown>>): boolean => byToken(settings) && !byLocalToken(settings)

const WHO: MailSection = {
  name: "who",
  fields: [
    needed("address"),
    needed("from_name"),
    { name: "language", form: "choice", of: ["", "es", "en"] },
    text("auth_server"),
  ],
}

const ARRIVES: MailSection = {
  name: "arrives",
  fields: [
    needed("imap_host"),
    { name: "imap_security", form: "choice", of: SECURITY },
    { name: "imap_port", form: "number" },
    text("folder"),
    { name: "start", form: "choice", of: ["new", "since", "all"] },
    { name: "start_since", form: "date", needed: true, only: (now) => now["start"] === "since" },
    { name: "handled", form: "choice", of: ["flag", "move", "leave"] },
    text("handled_folder", { needed: true, only: (now) => now["handled"] === "move" }),
  ],
}

const LEAVES: MailSection = {
  name: "leaves",
  fields: [
    text("smtp_host"),
    { name: "smtp_security", form: "choice", of: SECURITY, only: sends },
    { name: "smtp_port", form: "number", only: sends },
    text("sent_folder", { only: sends }),
    { name: "delivery_reports", form: "check", standard: true, only: sends },
  ],
}

const secret = (name: string, only?: MailField["only"]): MailField => ({
  name,
  form: "secret",
  ...(only ? { only } : {}),
})

const LOGIN: MailSection = {
  name: "login",
  fields: [
    text("imap_user"),
    { name: "auth", form: "choice", of: ["password", "xoauth2"] },
    secret("password", (now) => !byToken(now)),
    text("smtp_user", { only: sends }),
    secret("smtp_password", (now) => sends(now) && !byToken(now)),
    text("oauth_token_url", { only: byOurToken }),
    text("oauth_client_id", { only: byOurToken }),
    secret("oauth_client_secret", byOurToken),
    secret("oauth_refresh_token", byOurToken),
    secret("access_token", byOurToken),
  ],
}

const ANSWERS: MailSection = {
  name: "answers",
  fields: [
    { name: "acknowledge", form: "check" },
    { name: "acknowledge_reply", form: "reply", only: (now) => now["acknowledge"] === true },
    { name: "signature.es", form: "lines" },
    { name: "signature.en", form: "lines" },
    { name: "quote_history", form: "check" },
  ],
}

const FOLDERS: MailSection = { name: "folders", fields: [needed("in"), needed("out")] }
const OUT: MailSection = { name: "folders", fields: [needed("out")] }

/** A mailbox that does not send has no answers. */
const MAILBOX_ANSWERS: MailSection = {
  name: "answers",
  fields: ANSWERS.fields.map((field) => ({
    ...field,
    only: (now) => sends(now) && (field.only?.(now) ?? true),
  })),
}

export const SECTIONS: Readonly<Record<FormKind, readonly MailSection[]>> = {
  mailbox: [WHO, ARRIVES, LEAVES, LOGIN, MAILBOX_ANSWERS],
  maildir: [WHO, FOLDERS, ANSWERS],
  pipe: [WHO, OUT, ANSWERS],
  whatsapp: WHATSAPP,
  ...SHOPS,
}

/** The value of a field; "signature.es" is the member "es" of "signature". */
export function valueOf(settings: Readonly<Record<string, unknown>>, name: string): unknown {
  const [outer = "", inner] = name.split(".")
  const value = settings[outer]
  return inner === undefined ? value : (value as Record<string, unknown> | undefined)?.[inner]
}

/** The settings with another value; undefined takes it away. */
export function withValue(
  settings: Readonly<Record<string, unknown>>,
  name: string,
  value: unknown,
): Record<string, unknown> {
  const [outer = "", inner] = name.split(".")
  const next = { ...settings }
  const put = inner === undefined ? value : withValue((next[outer] ?? {}) as Record<string, unknown>, inner, value)
  const empty = put === undefined || (inner !== undefined && Object.keys(put as object).length === 0)
  if (empty) delete next[outer]
  else next[outer] = put
  return next
}

/** Fields that apply to what is said so far. */
export const shownOf = (section: MailSection, settings: Readonly<Record<string, unknown>>): MailField[] =>
  section.fields.filter((field) => field.only?.(settings) ?? true)

function settled(field: MailField, value: unknown): unknown {
  if (field.form === "check") return (value ?? false) === (field.standard ?? false) ? undefined : value
  if (typeof value !== "string") return value
  const plain = value.trim()
  return plain === "" || plain === field.of?.[0] ? undefined : plain
}

/** A draft as the daemon takes it: without what does not apply or says nothing.
 * Settings that the form does not know stay. */
export function settledDraft(draft: MailDraft): MailDraft {
  let settings = draft.settings
  const secrets: Record<string, string> = {}
  for (const section of SECTIONS[draft.kind])
    for (const field of section.fields) {
      const applies = field.only?.(draft.settings) ?? true
      const typed = draft.secrets[field.name]
      if (field.form === "secret") {
        if (applies && typed) secrets[field.name] = typed
      } else {
        const value = settled(field, valueOf(draft.settings, field.name))
        settings = withValue(settings, field.name, applies ? value : undefined)
      }
    }
  return { ...draft, name: draft.name.trim(), settings, secrets }
}

/** Names of fields that must be said and are not. */
export function lackingOf(draft: MailDraft): string[] {
  const fields = SECTIONS[draft.kind].flatMap((section) => shownOf(section, draft.settings))
  const lacking = fields.filter(
    (field) => field.needed && String(valueOf(draft.settings, field.name) ?? "").trim() === "",
  )
  return [...(draft.name.trim() === "" ? ["name"] : []), ...lacking.map((field) => field.name)]
}
