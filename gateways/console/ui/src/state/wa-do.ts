import { effect, signal } from "@preact/signals"
import type { Identity, Incident, Message, SavedReply, Template } from "../../../../common/ui/wire"
import { call } from "./app"
import { draftOf, editDraft } from "./drafts"
import { talk, reloadTalk } from "./talk"
import { answerOf, bodyOf, chosenOf, isThat, lackingOf, type Chosen } from "./templates"
import { done, failed } from "./toasts"
import { wt } from "./whatsapp-text"

/** What agents do in a conversation of WhatsApp besides writing. */

async function act(what: () => Promise<unknown>, said: string): Promise<void> {
  try {
    await what()
    if (said) done(said, null)
    await reloadTalk()
  } catch (error) {
    failed(error)
  }
}

/** Reacts to a message of the customer; null takes the reaction away. */
export const react = (incident: number, { number }: Message, emoji: string | null): Promise<void> =>
  act(() => call("incident.react", { id: incident, number, ...(emoji === null ? {} : { emoji }) }), "")

/** A person said whether they may be written to. */
export const setConsent = (one: Identity, consent: "in" | "out"): Promise<void> =>
  act(() => call("customer.consent", { identity: one.id, consent }), wt("consent.said"))

/** The incident in which a template is looked for, though a text could go. */
export const choosing = signal<number | null>(null)

/** Templates by connection, of those that were loaded. */
export const templates = signal<ReadonlyMap<string, Template[]>>(new Map())
export const templatesError = signal<unknown>(null)

const PAGES_MAX = 20

async function allOf(connection: string): Promise<Template[]> {
  const all: Template[] = []
  for (let page = 0; page < PAGES_MAX; page++) {
    const last = all[all.length - 1]
    const after = last && `${last.connection}/${last.name}/${last.language}`
    const answer = await call("template.list", { connection, ...(after ? { after } : {}) })
    all.push(...answer.templates)
    if (!answer.more) break
  }
  return all
}

/** Loads the templates of a connection; those that are here stay till then. */
export async function loadTemplates(connection: string): Promise<void> {
  try {
    const all = await allOf(connection)
    templates.value = new Map(templates.peek()).set(connection, all)
    templatesError.value = null
  } catch (error) {
    templatesError.value = error
  }
}

/** The template of a draft, if it is known. */
export const templateOf = (connection: string, chosen: Chosen): Template | undefined =>
  templates.value.get(connection)?.find((one) => isThat(one, chosen))

/** Puts a template into an incident's draft, or what fills its gaps. */
export function choose(incident: number, one: Template, chosen: Chosen = chosenOf(one)): void {
  const { files } = draftOf(incident)
  const ready = lackingOf(one, chosen, files.length) === "" ? answerOf(one, chosen) : null
  editDraft(incident, { template: { chosen, ready, text: bodyOf(one, chosen) } })
}

/**
 * Puts a saved reply's template into the draft, with what it fills in: that of
 * the wanted language, else any that can go. False: it has none that can.
 */
export function takeReply({ id, connection }: Incident, reply: SavedReply, wanted: string): boolean {
  const known = templates.peek().get(connection ?? "") ?? []
  const found = reply.templates.flatMap((of) => {
    const one = known.find((each) => each.usable && each.name === of.name && each.language.startsWith(of.language))
    return one ? [{ of, one }] : []
  })
  const best = found.find(({ one }) => one.language.startsWith(wanted)) ?? found[0]
  if (!best) return false
  const { of, one } = best
  choose(id, one, { ...chosenOf(one), values: [...of.parameters], header: of.header ?? "" })
  return true
}

export const leaveTemplate = (incident: number): void => editDraft(incident, { template: null })

/** A file that came or went may be what a template's header lacked. */
effect(() => {
  const detail = talk.value
  if (!detail) return
  const { id, connection } = detail.incident
  const { template } = draftOf(id)
  if (!template) return
  const one = templateOf(connection ?? "", template.chosen)
  if (one?.file) choose(id, one, template.chosen)
})
