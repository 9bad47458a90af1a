// One image: postigod starts on what a power loss left, and what was
// acknowledged before the loss must be there, once, with its octets.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { WAIT_MS, sleep, until } from '../lib/wait.mjs'
import { Daemon, Desk, record, recorder, sha256, tree } from './session.mjs'
import { Disk, differences, readTrace, sentLines, writeImage } from './trace.mjs'

const FILE_BYTES = 64 * 1024 // larger octets are files
const LIST = 'manifest.jsonl' // without it a folder is no backup
const MARK = /\[\[m\d+\]\]/g

/** What was acknowledged by a cut: the requests, the events, the last number. */
export function acknowledged(session, lines, cut) {
  const acked = new Map()
  const events = new Map()
  let number = 0
  for (const { seq, message } of lines) {
    if (seq > cut) break
    if (message.method === 'event') {
      events.set(message.params.number, message.params)
      number = Math.max(number, message.params.number)
    }
    if (message.id === undefined || message.id === null || message.error) continue
    number = Math.max(number, message.number ?? 0)
    const request = session.asked.requests.get(message.id)
    if (request) acked.set(message.id, { ...request, result: message.result })
  }
  return { acked, events, number }
}

/** Every message of the desk, by its marks. */
export async function everything(desk) {
  const found = new Map()
  const messages = []
  let after
  do {
    const page = await desk.ask('control', 'incident.list', { view: 'all', limit: 200, ...(after ? { after } : {}) })
    const details = await Promise.all(page.incidents.map((i) => desk.ask('control', 'incident.get', { id: i.id })))
    for (const [n, { detail }] of details.entries()) {
      let all = detail.messages
      for (let before = detail.more_before; before; ) {
        const more = await desk.ask('control', 'message.list', { incident: detail.incident.id, before })
        all = [...more.messages, ...all]
        before = more.more_before
      }
      if (all.length !== page.incidents[n].messages) throw new Error(`incident ${detail.incident.id} counts ${page.incidents[n].messages} messages and has ${all.length}`)
      for (const message of all) {
        messages.push(message)
        const at = { incident: detail.incident.id, message }
        for (const mark of message.text.match(MARK) ?? []) found.set(mark, [...(found.get(mark) ?? []), at])
      }
    }
    after = page.next
  } while (after)
  return { found, messages }
}

async function octetsOf(desk, sha, message) {
  let octets = Buffer.alloc(0)
  for (;;) {
    const params = { sha256: sha, message, offset: octets.length, length: 393216 }
    const part = await desk.ask('control', 'blob.get', params)
    if (!part) return null
    octets = Buffer.concat([octets, Buffer.from(part.data, 'base64')])
    if (octets.length >= part.bytes || part.data === '') return octets
  }
}

/** Large octets are files of their own: each must be what its name says. */
async function checkFiles(desk, messages, wrong) {
  for (const message of messages) {
    const names = message.attachments.map((a) => [a.sha256, a.size])
    if (message.raw) names.push([message.raw.sha256, message.raw.bytes])
    for (const [sha, bytes] of names) {
      if (bytes <= FILE_BYTES) continue
      const octets = await octetsOf(desk, sha, message.id)
      if (!octets || sha256(octets) !== sha) wrong.push(`message ${message.id}: its octets ${sha} are ${octets ? 'others' : 'lost'}`)
    }
  }
}

function checkMarks(asked, acked, found, wrong) {
  const offered = new Map()
  for (const request of asked.requests.values()) if (request.mark) offered.set(request.mark, request)
  for (const [id, request] of acked) {
    if (!request.mark) continue
    const copies = found.get(request.mark) ?? []
    const what = `${request.method} ${id} ${request.mark}`
    if (copies.length !== 1) {
      wrong.push(`${what} was acknowledged and is there ${copies.length} times`)
      continue
    }
    const [{ incident, message }] = copies
    const { result } = request
    if ((result.incident?.id ?? result.incident ?? request.params.id) !== incident) wrong.push(`${what} is in incident ${incident}`)
    const number = result.message?.number ?? result.number
    if (number !== message.number) wrong.push(`${what} has number ${message.number}, not ${number}`)
    if (request.params.raw && request.params.raw.sha256 !== message.raw?.sha256) wrong.push(`${what} has other octets`)
  }
  for (const [mark, copies] of found) {
    if (!offered.has(mark)) wrong.push(`${mark} was never offered`)
    if (copies.length > 1) wrong.push(`${mark} is there ${copies.length} times`)
  }
}

async function checkEvents(desk, events, wrong) {
  const there = new Map()
  for (let from = 0; ; ) {
    const page = await desk.ask('control', 'events.since', { from, limit: 1000 })
    for (const event of page.events) there.set(event.number, event)
    if (!page.more) break
    from = page.events.at(-1).number
  }
  for (const [number, event] of events) {
    const now = there.get(number)
    if (JSON.stringify(now) !== JSON.stringify(event)) wrong.push(`event ${number} was ${JSON.stringify(event)}, now ${JSON.stringify(now)}`)
  }
}

async function checkDesk(desk, acked, wrong) {
  let version = 0
  let token = null
  const connections = []
  const backups = []
  const sent = new Set()
  const visitors = []
  for (const request of acked.values()) {
    if (request.book) version = Math.max(version, request.result.version)
    if (request.token) token = request.result.token
    if (request.connection) connections.push(request.connection)
    if (request.backup) backups.push(request.backup)
    if (request.sent) sent.add(request.sent)
    if (request.visitor) visitors.push(request.result.token)
  }
  const known = (await desk.ask('control', 'connection.list', {})).connections.map((c) => c.name)
  for (const name of connections) if (!known.includes(name)) wrong.push(`connection ${name} is lost`)
  if (version > 0) {
    const now = await desk.ask('control', 'book.get', {})
    if (!now || now.version < version) wrong.push(`book ${version} was applied, there is ${now?.version}`)
  }
  if (token && !(await desk.ask('control', 'session.open', { token }))) wrong.push('a token is lost')
  for (const t of visitors)
    if (!(await desk.ask('chat', 'visitor.open', { connection: 'sitio', token: t }))) wrong.push('a visitor is lost')
  const taken = connections.includes('bus') ? await desk.ask('mail', 'outbox.take', { max: 20, lease_ms: 60_000 }) : null
  for (const d of taken?.deliveries ?? []) if (sent.has(d.id)) wrong.push(`delivery ${d.id} was sent and is given out again`)
  await checkMailbox(desk, acked, wrong)
  await checkShop(desk, acked, wrong)
  return backups
}

/** What was dealt with on a mail server is not dealt with again. */
async function checkMailbox(desk, acked, wrong) {
  const all = [...acked.values()]
  if (!all.some((r) => r.opened)) return
  const at = { connection: 'buzon', folder: 'INBOX', uid_validity: 7 }
  const uids = all.filter((r) => r.uid).map((r) => r.uid)
  const absent = await desk.ask('mail', 'mailbox.absent', { ...at, uids })
  if (!absent || absent.uids.length > 0) wrong.push(`mails ${JSON.stringify(absent?.uids)} are not in the ledger`)
  const seen = Math.max(0, ...all.filter((r) => r.seen).map((r) => r.seen))
  const open = await desk.ask('mail', 'mailbox.open', { ...at, uid_next: 1, start: 'all' })
  if (!open || open.renewed || open.next_uid < seen) wrong.push(`the mailbox was seen up to ${seen}, now ${JSON.stringify(open)}`)
  const done = new Set(all.filter((r) => r.job).map((r) => r.job))
  const taken = await desk.ask('mail', 'job.take', { max: 20, lease_ms: 60_000 })
  for (const job of taken?.jobs ?? []) if (done.has(job.id)) wrong.push(`job ${job.id} was done and is given out again`)
}

/** The newest telling of each order stands, whole, and the octets of each delivery wait. */
async function checkShop(desk, acked, wrong) {
  const all = [...acked.values()]
  const newest = new Map()
  for (const o of all.flatMap((r) => r.orders ?? [])) if (!(newest.get(o.external_id)?.updated_at > o.updated_at)) newest.set(o.external_id, o)
  for (const told of newest.values()) {
    const found = await desk.ask('control', 'order.find', { q: told.number })
    const got = found?.orders[0] && (await desk.ask('control', 'order.get', { id: found.orders[0].id }))?.order
    const now = got?.order
    if (!now || Date.parse(now.updated_at) < Date.parse(told.updated_at)) wrong.push(`order ${told.number} of ${told.updated_at} was told, there is that of ${now?.updated_at}`)
    else if (now.total !== got.lines[0]?.total || got.shipments.length !== 1 || !now.customer) wrong.push(`order ${told.number} is in parts: ${JSON.stringify(got)}`)
  }
  const hooks = all.filter((r) => r.hook).map((r) => r.hook)
  if (hooks.length > 0) {
    const there = new Set()
    for (let page; page?.length !== 0; ) {
      page = (await desk.ask('shop', 'hook.take', { max: 100, lease_ms: 60_000 }))?.hooks ?? []
      for (const hook of page) there.add(hook.sha256)
    }
    for (const sha of hooks) if (!there.has(sha)) wrong.push(`delivery ${sha} was acknowledged and is lost`)
  }
}

/** Handles of this life for the person, or visitor, of each request. */
async function handles(desk, asked) {
  const open = new Map()
  if (asked.token) open.set(undefined, (await desk.ask('console', 'session.open', { token: asked.token }))?.handle)
  for (const { visitorToken: token } of asked.requests.values())
    if (token && !open.has(token)) open.set(token, (await desk.ask('chat', 'visitor.open', { connection: 'sitio', token }))?.handle)
  return (request) => open.get(request.visitorToken)
}

/** What must be the same in the answer to a repeat. */
function told(method, result) {
  if (method === 'contact.add') return result
  if (method === 'chat.write') return [result.number, result.incident, result.at]
  return [result.message.id, result.message.number]
}

/** Everything that was offered, once more: the first answers, or new ones. */
async function repeat(desk, asked, acked, wrong) {
  const roles = { 'contact.add': 'mail', 'chat.write': 'chat', 'incident.answer': 'console', 'incident.note': 'console' }
  const handle = await handles(desk, asked)
  const put = new Set([...acked.values()].map((r) => r.put?.sha))
  const again = []
  for (const [id, request] of asked.requests) {
    const { method, params, extra } = request
    const before = acked.get(id)
    // octets that were put, but whose put was not answered, need not be there
    const octets = method !== 'contact.add' || params.raw.data || before || put.has(params.raw.sha256)
    const as = extra.as && handle(request)
    // nor need the visitor, the agent, or the incident of what was not answered
    // nor need a connection that was added later
    const place = before || params.connection !== 'buzon'
    if (request.mark && octets && place && (before || !extra.as)) again.push({ id, before, request, extra: extra.as ? { ...extra, as } : extra })
  }
  for (let at = 0; at < again.length; at += 16)
    await Promise.all(
      again.slice(at, at + 16).map(async ({ id, before, request, extra }) => {
        const { method, params } = request
        const client = await desk.client(roles[method])
        try {
          const result = await client.call(method, params, extra)
          const [first, now] = [before && told(method, before.result), told(method, result)]
          if (before && JSON.stringify(first) !== JSON.stringify(now)) wrong.push(`${method} ${id} was answered ${JSON.stringify(first)}, its repeat ${JSON.stringify(now)}`)
        } catch (error) {
          wrong.push(`${method} ${id}, offered again: ${error.message}`)
        }
      }),
    )
  for (const r of acked.values()) {
    if (!r.put) continue
    const text = `para ${r.put.sha}`
    const named = { raw: { sha256: r.put.sha, bytes: r.put.bytes }, text, digest: sha256(text), external_id: `<${r.put.sha}@correo.example>` }
    const params = { connection: 'bus', received_at: '2026-01-05T09:00:00.000Z', channel: 'email', ...named }
    if (!(await desk.ask('mail', 'contact.add', params))) wrong.push(`octets ${r.put.sha} were put and are lost`)
  }
}

/** Run postigod for what it says by its exit code. */
export function run(args, wrong) {
  try {
    execFileSync(join(process.env.POSTIGO_BUILDDIR, 'postigod'), args, { stdio: 'pipe', encoding: 'utf8' })
  } catch (error) {
    wrong.push(`postigod ${args.join(' ')}: ${error.status} ${error.stdout}${error.stderr}`)
  }
}

/** The key that secrets and addresses hang on is the one that it was. */
function checkKey(dir, session, wrong) {
  const key = (at) => readFileSync(join(at, 'desk.key'), 'hex')
  if (key(dir) !== key(join(session.root, 'desk'))) wrong.push('the desk has another key')
}

/** Start on an image and look. Returns what is wrong. */
export async function checkImage(place, session, truth, { deep = true, search = deep } = {}) {
  const wrong = []
  const dir = join(place, 'desk')
  const daemon = new Daemon(dir, join(place, '..', `${place.split('/').at(-1)}.log`))
  const desk = new Desk(daemon, { requests: new Map(), next: 1 })
  try {
    const control = await desk.client('control')
    if (control.hello.number < truth.number) wrong.push(`event ${truth.number} was told, the desk is at ${control.hello.number}`)
    await checkEvents(desk, truth.events, wrong)
    for (const p of await problemsOf(desk)) wrong.push(`check: ${JSON.stringify(p)}`)
    const { found, messages } = await everything(desk)
    checkMarks(session.asked, truth.acked, found, wrong)
    await checkFiles(desk, messages, wrong)
    for (const copy of await checkDesk(desk, truth.acked, wrong))
      if (!existsSync(join(place, copy.slice(session.root.length + 1), LIST))) wrong.push(`backup ${copy} was acknowledged and is not whole`)
    // what looks like a backup is one, acknowledged or not
    const copies = readdirSync(place).filter((name) => existsSync(join(place, name, LIST)))
    if (deep) for (const copy of copies) run(['--verify', join(place, copy)], wrong)
    if (truth.acked.size > 0) checkKey(dir, session, wrong)
    if (search) await checkSearch(desk, truth.acked, wrong)
    if (deep && (await connectionThere(desk))) {
      await repeat(desk, session.asked, truth.acked, wrong)
      const later = await everything(desk)
      checkMarks(session.asked, truth.acked, later.found, wrong)
    }
  } catch (error) {
    wrong.push(error.stack ?? String(error))
  } finally {
    await daemon.kill()
    desk.close()
  }
  if (deep) run(['--dir', dir, '--fsck'], wrong)
  return wrong
}

async function connectionThere(desk) {
  const { connections } = await desk.ask('control', 'connection.list', {})
  return connections.some((c) => c.name === 'bus')
}

/**
 * The power goes again while the daemon starts on an image, or ends there in
 * order. Returns the folder of the second image.
 */
async function lossOfStart(place, rng, how) {
  const recorded = { root: place, before: tree(place) }
  const trace = `${place}.trace`
  const daemon = new Daemon(join(place, 'desk'), `${place}.first.log`, { env: recorder(place, trace) })
  if (rng.next() < 0.5) {
    ;(await daemon.connect('control')).close()
    await daemon.stop()
  } else {
    await sleep(rng.between(0, 20))
    await daemon.kill()
  }
  const next = `${place}.next`
  mkdirSync(next)
  const records = readTrace(trace)
  const cut = records.length > 0 ? rng.between(0, records.length) : -1
  const disk = new Disk(recorded)
  for (const r of records.slice(0, cut + 1)) disk.take(r)
  how.again = { cut, ...writeImage(disk, next, rng) }
  rmSync(trace, { force: true })
  return next
}

/** What checks find. A damaged index of words is made anew: it passes. */
async function problemsOf(desk) {
  for (const end = Date.now() + WAIT_MS; ; await sleep(20)) {
    const { problems } = await desk.ask('control', 'store.check', {})
    if (problems.length === 0 || problems.some((p) => p.check !== 'search_index') || Date.now() > end) return problems
  }
}

/** The index of words, once it is complete, finds what was acknowledged. */
async function checkSearch(desk, acked, wrong) {
  const marks = [...acked.values()].filter((r) => r.mark).map((r) => r.mark)
  if (marks.length === 0) return
  const find = (text) => desk.ask('control', 'incident.search', { text })
  await until(async () => {
    const { indexed, last } = await find('nada')
    return indexed === last
  }, 'the index')
  for (const mark of [marks[0], marks[marks.length >> 1], marks.at(-1)]) {
    const { hits } = await find(`"${mark.slice(2, -2)}"`)
    if (hits.length !== 1) wrong.push(`a search of ${mark} finds ${hits.length} incidents`)
  }
}

/**
 * Images of a recorded session at random cuts. each(report) is told of every
 * image; making: cuts before anything was answered. Returns how many were made.
 * Stops at the first one that is wrong, whose folder is kept.
 */
export async function images(session, records, rng, count, { each = () => {}, making = false } = {}) {
  const lines = sentLines(records)
  // anywhere, or just after something was acknowledged
  const cut = making ? () => rng.between(0, lines[0].seq) : () => (lines.length > 0 && rng.next() < 0.5 ? lines[rng.between(0, lines.length)].seq : rng.between(0, records.length))
  const cuts = Array.from({ length: count }, cut).sort((a, b) => a - b)
  const disk = new Disk(session)
  let at = 0
  let made = 0
  for (const cut of cuts) {
    for (; at <= cut; at++) disk.take(records[at])
    const place = join(session.place, `image${made}`)
    mkdirSync(place)
    const how = writeImage(disk, place, rng)
    const last = rng.next() < 0.2 ? await lossOfStart(place, rng, how) : place
    const truth = acknowledged(session, lines, cut)
    const wrong = await checkImage(last, session, truth, { deep: made % 4 === 0 })
    each({ cut, ...how, acked: truth.acked.size, wrong })
    if (wrong.length > 0) {
      const saved = { cut, of: records.length, ...how, place: last, wrong: wrong.slice(0, 12) }
      throw new Error(`a power loss broke the desk: ${JSON.stringify(saved, null, 1)}`)
    }
    rmSync(place, { recursive: true })
    if (last !== place) rmSync(last, { recursive: true })
    made++
  }
  return made
}

/**
 * Record one session of a plan and look at some images of it. Returns how many
 * were made; 0: the session was killed within a call, and its trace is not the
 * whole story.
 */
export async function session(plan, rng, count, each, making = false) {
  const recorded = await record(plan, rng)
  const records = readTrace(...recorded.traces)
  const disk = new Disk(recorded)
  for (const r of records) disk.take(r)
  const wrong = differences(disk)
  if (wrong.length > 0 && !recorded.killed) throw new Error(`the trace is not whole: ${wrong.slice(0, 5).join('; ')}`)
  const refused = [...recorded.asked.requests.values()].find((r) => r.error?.word)
  if (refused) throw new Error(`${plan}: ${refused.method} was refused: ${refused.error.message}`)
  const made = wrong.length > 0 ? 0 : await images(recorded, records, rng, count, { each, making })
  recorded.remove()
  return made
}
