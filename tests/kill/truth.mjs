// Is what was acknowledged in the store, once, as it was, and nothing else?
import { createHash } from 'node:crypto'

const RECENT = 30 // acknowledged last: what a kill could take away
const OLD = 6 // any of those before

const sha = (bytes) => createHash('sha256').update(bytes).digest('hex')

/** What is wrong with the message of an intent, or null. */
function fault(intent, message) {
  const says = (what, is, was) => (is === was ? null : `${intent.kind} ${intent.n}: ${what} is ${is}, was ${was}`)
  const external = { mail: intent.id, line: `${intent.visitor?.row}:l${intent.n}` }[intent.kind]
  return (
    says('the number', message.number, intent.answer.number) ??
    says('the text', message.text, intent.text) ??
    (external ? says('the id', message.external_id, external) : says('the author', message.author.id, intent.agent.id)) ??
    (intent.kind === 'mail' ? says('the raw octets', message.raw?.sha256, intent.raw) : null) ??
    says('the number of files', message.attachments.length, intent.files?.length ?? 0) ??
    (intent.files ?? []).reduce((bad, file, i) => bad ?? says('a file', message.attachments[i].sha256, sha(file)), null)
  )
}

/** The newest acknowledgements of each writer, and some old ones. */
export async function compareRecent(run, client) {
  const of = (writer) => {
    const done = writer.all.slice(-RECENT * 2).filter((i) => i.answer?.message)
    const old = writer.all.length > 0 ? Array.from({ length: OLD }, () => writer.all[run.rng.between(0, writer.all.length)]) : []
    return [...done.slice(-RECENT), ...old.filter((i) => i.answer?.message)]
  }
  const intents = [...of(run.mail), ...of(run.staff)]
  const look = async (intent) => {
    const was = intent.answer
    try {
      const { message } = await client.call('message.get', { id: was.message })
      const bad = fault(intent, message)
      if (bad) run.wrong(bad)
    } catch (error) {
      if (error.word === 'not_found') run.wrong(`${intent.kind} ${intent.n}: acknowledged as message ${was.message} and lost`)
      else if (error.outcome) throw error
    }
  }
  await Promise.all(intents.map(look))
  return intents.length
}

/** Every incident with all of its messages. */
export async function readIncidents(client) {
  const incidents = new Map()
  let after
  do {
    const page = await client.call('incident.list', { view: 'all', limit: 200, ...(after ? { after } : {}) })
    await Promise.all(
      page.incidents.map(async ({ id }) => {
        const { detail } = await client.call('incident.get', { id })
        let before = detail.more_before
        while (before) {
          const more = await client.call('message.list', { incident: id, before })
          detail.messages = [...more.messages, ...detail.messages]
          before = more.more_before
        }
        incidents.set(id, detail)
      }),
    )
    after = page.next
  } while (after)
  return incidents
}

/** Messages count from 1 without gap, and their number is the incident's. */
function numbered(run, incidents) {
  for (const [id, { incident, messages }] of incidents) {
    if (incident.messages !== messages.length) run.wrong(`incident ${id} says ${incident.messages} messages and has ${messages.length}`)
    messages.forEach((m, i) => m.number === i + 1 || run.wrong(`incident ${id}: message ${m.number} in place ${i + 1}`))
  }
}

/** Each acknowledged intent is one message, and each message is one intent. */
function matched(run, incidents) {
  const byText = new Map()
  for (const [id, { messages }] of incidents)
    for (const m of messages) {
      const same = byText.get(m.text) ?? []
      byText.set(m.text, [...same, { ...m, incident: id }])
    }
  for (const intent of run.writers.flatMap((w) => w.all)) {
    if (!intent.text) continue
    const found = byText.get(intent.text) ?? []
    byText.delete(intent.text)
    const name = `${intent.kind} ${intent.n}`
    if (intent.refused && found.length > 0) run.wrong(`${name}: refused, and there`)
    if (intent.answer === undefined) continue
    if (found.length === 0) run.wrong(`${name}: acknowledged and lost`)
    if (found.length > 1) run.wrong(`${name}: there ${found.length} times`)
    if (found.length !== 1) continue
    const bad = fault(intent, found[0])
    if (bad) run.wrong(bad)
    const { incident, message, delivery } = intent.answer
    if (incident && incident !== found[0].incident) run.wrong(`${name}: in incident ${found[0].incident}, was in ${incident}`)
    if (message && message !== found[0].id) run.wrong(`${name}: is message ${found[0].id}, was ${message}`)
    if (delivery && run.outside.ended.get(delivery) !== found[0].delivery?.state)
      run.wrong(`${name}: its delivery is ${found[0].delivery?.state}, was ${run.outside.ended.get(delivery)}`)
    if (delivery && !run.outside.arrived.has(intent.answer.key)) run.wrong(`${name}: never delivered`)
  }
  for (const [text, [m]] of byText) run.wrong(`message ${m.id}, '${text.slice(0, 60)}': never offered`)
}

/**
 * Of two agents who claim one incident at most one has it, and is told so.
 * Neither may: an answer makes it its writer's, if it was nobody's.
 */
function claimed(run, incidents) {
  for (const [id, claims] of run.staff.claims) {
    const both = [claims.first, claims.second]
    const won = both.filter((c) => c.answer !== undefined)
    const owner = incidents.get(id)?.incident.assignee?.id
    if (won.length > 1) run.wrong(`incident ${id}: both agents won it`)
    if (won.length === 1 && owner !== won[0].agent.id) run.wrong(`incident ${id}: agent ${won[0].agent.id} won it, and ${owner} has it`)
    if (both.every((c) => c.refused) && owner === undefined) run.wrong(`incident ${id}: both claims were refused, and nobody has it`)
  }
}

/** What visitors read is what is written; lines that were read stay. */
function chatted(run, incidents) {
  for (const v of run.chat.visitors) {
    const texts = new Map(incidents.get(v.incident)?.messages.map((m) => [m.number, m.text]))
    for (const [number, text] of v.lines)
      if (texts.get(number) !== text) run.wrong(`visitor ${v.row}: read '${text}' as ${number}, which is '${texts.get(number)}'`)
  }
}

/** The octets of files, large ones too. */
async function octets(run, client) {
  const withFiles = run.mail.done.filter((i) => i.files)
  for (const intent of withFiles.slice(-20)) {
    const [file] = intent.files
    const { data } = await client.call('blob.get', { sha256: sha(file), message: intent.answer.message, offset: 0, length: 393216 })
    if (sha(Buffer.from(data, 'base64')) !== sha(file)) run.wrong(`mail ${intent.n}: other octets in its file`)
  }
}

/** Everything. The writers are still meanwhile. */
export async function compareAll(run, client) {
  const incidents = await readIncidents(client)
  numbered(run, incidents)
  matched(run, incidents)
  claimed(run, incidents)
  chatted(run, incidents)
  await octets(run, client)
  // a deadline may pass while the pages are read: what was heard before is what must be there
  const heard = run.listener.events.length
  const last = await run.listener.catchUp(client, 0)
  if (last < heard) run.wrong(`the last event is ${last}, was ${heard}`)
  const { problems } = await client.call('store.check', {})
  for (const problem of problems) run.wrong(`store.check: ${JSON.stringify(problem)}`)
}

/** What people do in an incident never goes back; a deadline is missed once, and every one that passed is. */
export async function compareClocks(run, client) {
  const last = new Map()
  const breached = new Set()
  for (const text of run.listener.events) {
    const { incident, at, kind, data, number } = JSON.parse(text)
    if (!incident) continue
    if (kind === 'clock.breached') {
      if (breached.has(data.clock)) run.wrong(`clock ${data.clock} is breached twice`)
      breached.add(data.clock)
    }
    if (!/^(message|incident)\./.test(kind)) continue
    if (last.get(incident) > at) run.wrong(`event ${number} of incident ${incident} is of ${at}, after ${last.get(incident)}`)
    last.set(incident, at)
  }
  const { now } = await client.call('ping')
  for (const [id, { clocks, messages }] of await readIncidents(client)) {
    for (const c of clocks) {
      // one that stands still is not judged by the deadline that it had
      const passed = c.due_at && !c.paused && c.due_at < (c.ended_at ?? now)
      if (passed && !c.breached) run.wrong(`clock ${c.id} of incident ${id}: due ${c.due_at}, ${c.ended_at ?? 'running'}, and not breached`)
      if (c.breached !== breached.has(c.id)) run.wrong(`clock ${c.id} of incident ${id}: breached ${c.breached}, by events ${breached.has(c.id)}`)
    }
    const own = messages.filter((m) => m.direction !== 'in').map((m) => m.at)
    if (own.some((at, i) => i > 0 && at < own[i - 1])) run.wrong(`incident ${id}: its answers and notes are not in the order of their instants`)
  }
}
