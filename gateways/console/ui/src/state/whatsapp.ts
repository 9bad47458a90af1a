import type { Message } from "../../../../common/ui/wire"

/** What a WhatsApp message is besides its text, as plain data. The cards hold
 * what strangers sent: nothing of them is believed to have a shape. */

type Bag = Readonly<Record<string, unknown>>
/** What a message of WhatsApp is besides its text. */
export type Card = Bag

const isBag = (value: unknown): value is Bag => typeof value === "object" && value !== null && !Array.isArray(value)
const bag = (value: unknown): Bag | null => (isBag(value) ? value : null)
const bags = (value: unknown): Bag[] => (Array.isArray(value) ? value.filter(isBag) : [])
const text = (value: unknown): string =>
  typeof value === "string" ? value.trim() : typeof value === "number" ? String(value) : ""
const figure = (value: unknown): number | null => {
  const n = typeof value === "string" && value.trim() !== "" ? Number(value) : value
  return typeof n === "number" && Number.isFinite(n) ? n : null
}

/** The card of a message; null: it has none. */
export const cardOf = (message: Message): Card | null => bag(message.whatsapp)

/** Messages that have nothing to read but what the console says of them. */
export type Odd = { kind: "unsupported"; type: string } | { kind: "failed"; code: number }

/** Types of what WhatsApp itself could not hand on. */
const UNREAD: readonly string[] = ["unsupported", "unknown"]

const code = (value: unknown): number | null => {
  const first: unknown = Array.isArray(value) ? value[0] : null
  return figure(isBag(first) ? first["code"] : first)
}

/** Why a message shows nothing of its own; null: it does. */
export function oddOf(card: Bag): Odd | null {
  const error = code(card["error_codes"])
  const type = text(card["type"])
  // 131051 says no more than that the type is unknown.
  if (error !== null && error !== 131051) return { kind: "failed", code: error }
  if (card["supported"] === false || UNREAD.includes(type)) return { kind: "unsupported", type }
  return null
}

export interface Place {
  name: string
  address: string
  /** "41.3874, 2.1686": to copy, or to look for. */
  at: string
}

/** A place on the map; null: the card has none that is one. */
export function placeOf(card: Bag): Place | null {
  const place = bag(card["location"])
  const latitude = figure(place?.["latitude"])
  const longitude = figure(place?.["longitude"])
  if (!place || latitude === null || longitude === null) return null
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) return null
  return { name: text(place["name"]), address: text(place["address"]), at: `${latitude}, ${longitude}` }
}

/** The address of a place on a public map. */
export function mapOf({ at }: Place): string {
  const [latitude = "", longitude = ""] = at.split(", ")
  return `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`
}

export interface Person {
  name: string
  phones: string[]
  mails: string[]
  organisation: string
}

const PEOPLE_MAX = 20

/** People whose cards were sent. */
export const peopleOf = (card: Bag): Person[] =>
  bags(card["contacts"])
    .slice(0, PEOPLE_MAX)
    .map((one) => ({
      name: text(bag(one["name"])?.["formatted_name"] ?? one["name"]),
      phones: bags(one["phones"])
        .map((phone) => text(phone["phone"]) || text(phone["wa_id"]))
        .filter(Boolean),
      mails: (Array.isArray(one["emails"]) ? one["emails"] : [])
        .map((mail: unknown) => text(isBag(mail) ? mail["email"] : mail))
        .filter(Boolean),
      organisation: text(bag(one["org"])?.["company"]),
    }))

export interface OrderLine {
  product: string
  quantity: number | null
  /** Of one, in `currency`; null: not said. */
  price: number | null
  currency: string
}

const LINES_MAX = 100

/** What a cart of the catalogue holds. */
export const orderOf = (card: Bag): OrderLine[] =>
  bags(bag(card["order"])?.["product_items"] ?? bag(card["order"])?.["items"])
    .slice(0, LINES_MAX)
    .map((one) => ({
      product: text(one["product_retailer_id"]),
      quantity: figure(one["quantity"]),
      price: figure(one["item_price"]),
      currency: /^[A-Z]{3}$/.test(text(one["currency"])) ? text(one["currency"]) : "",
    }))

/** What a cart's sender wrote beside it. */
export const orderNote = (card: Card): string => text(bag(card["order"])?.["text"])

export interface Referral {
  kind: string
  headline: string
  body: string
  /** The page of the advertisement: shown as a text, never fetched. */
  source: string
}

/** The advertisement or post that the person came from. */
export function referralOf(card: Bag): Referral | null {
  const found = bag(card["referral"])
  if (!found) return null
  return {
    kind: text(found["source_type"]) || "ad",
    headline: text(found["headline"]),
    body: text(found["body"]),
    source: text(found["source_url"]),
  }
}

/** The product of the catalogue that is asked about. */
export const productOf = (card: Bag): string =>
  text(bag(card["referred_product"])?.["product_retailer_id"] ?? bag(card["referred_product"])?.["id"])

/** How often it was sent on before: "", "once" or "often". */
export const forwardedOf = (card: Bag): "" | "once" | "often" =>
  card["frequently_forwarded"] === true ? "often" : card["forwarded"] === true ? "once" : ""

/** A button or a row of a list was chosen, nothing was typed. */
export const isTap = (card: Bag): boolean =>
  bag(card["button"]) !== null || ["button_reply", "list_reply"].includes(text(bag(card["interactive"])?.["type"] ?? bag(card["interactive"])?.["kind"]))

/** What kind of file a message came with: voice, image, ...; "": none that is named. */
export function kindOf(message: Message): string {
  const media = bag(cardOf(message)?.["media"])
  return media?.["voice"] === true ? "voice" : text(media?.["kind"])
}

/** What a customer changed or took back; null: neither. */
export function changeOf(card: Card): { kind: "edited"; text: string } | { kind: "deleted" } | null {
  const edit = bag(card["edit"])
  if (edit) return { kind: "edited", text: text(edit["text"]) }
  return text(card["revoke"]) === "" ? null : { kind: "deleted" }
}

/** What an outgoing message is: text, media, template, interactive, reaction;
 * "": it came in, or was sent from the shop's telephone. */
export const sentAs = (card: Card): string => (card["echo"] === true ? "" : text(card["kind"]))

/** The name of the template that was sent; "": none was. */
export const templateSent = (card: Card): string => text(bag(card["template"])?.["name"])

/** What the customer may choose from: titles of buttons, or of a list's rows. */
export function choicesOf(card: Card): string[] {
  const asked = bag(card["interactive"])
  const rows = [...bags(asked?.["buttons"]), ...bags(bag(asked?.["list"])?.["rows"])]
  return rows.map((one) => text(one["title"])).filter(Boolean)
}

/** The kind of what WhatsApp itself says of a person: another number, keys; "": nothing. */
export const systemOf = (card: Card): string => text(bag(card["system"])?.["type"])

export type Tick = "queued" | "taken" | "accepted" | "sent" | "delivered" | "read" | "played" | "failed" | "unknown"

/** Types of files that pictures and players can show. */
export const isPicture = (type: string): boolean => /^image\/(jpeg|png|gif|webp)\b/.test(type)
export const isSound = (type: string): boolean => type.startsWith("audio/")
export const isVideo = (type: string): boolean => /^video\/(mp4|3gpp|webm)\b/.test(type)

const RECEIPTS: readonly string[] = ["sent", "delivered", "read", "played"]

/** How far an outgoing message came; null: it is none. */
export function tickOf({ delivery }: Message): Tick | null {
  if (!delivery) return null
  const { state } = delivery
  if (state !== "sent") return state === "queued" || state === "taken" || state === "failed" ? state : "unknown"
  const receipt = delivery.receipt ?? ""
  return RECEIPTS.includes(receipt) ? (receipt as Tick) : "accepted"
}

/** Marks of a tick: one is sent, two arrived; seen ones are said by colour and by word. */
export const ticksShown = (tick: Tick): 0 | 1 | 2 =>
  tick === "sent" ? 1 : tick === "delivered" || tick === "read" || tick === "played" ? 2 : 0

/** The longest text that WhatsApp takes, in characters as it counts them. */
export const TEXT_MAX = 4096
export const BUTTONS_MAX = 3
export const BUTTON_MAX = 20
/** With buttons, a text may be no longer than this. */
export const BUTTON_TEXT_MAX = 1024

export const lengthOf = (text: string): number => [...text].length

/** Why an answer cannot go as it is; null: it can. */
export function tooLong(text: string, buttons: readonly string[]): { n: number; max: number } | null {
  const max = buttons.length > 0 ? BUTTON_TEXT_MAX : TEXT_MAX
  const n = lengthOf(text.trim())
  return n > max ? { n, max } : null
}

/** Titles as they are sent: without empty ones and ones said twice. */
export const buttonsSent = (titles: readonly string[]): string[] =>
  [...new Set(titles.map((one) => one.trim()).filter(Boolean))].slice(0, BUTTONS_MAX)

/** A reaction of ours: it stands at what it is about, unless it did not arrive. */
export function isSilent(message: Message): boolean {
  const card = cardOf(message)
  const tick = tickOf(message)
  return card !== null && sentAs(card) === "reaction" && tick !== "failed" && tick !== "unknown"
}
