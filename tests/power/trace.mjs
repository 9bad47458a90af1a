// The disk of a recorded session: reads what tests/shim/record.c wrote down,
// keeps what was durable apart from what was not, and writes the folder as a
// machine may find it that lost its power. README.md has the rules.
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const HEADER = 40
const MAGIC = 0x31525750
const SECTOR = 512
const PAGE = 4096
const kinds = [
  null,
  'start',
  'file',
  'write',
  'length',
  'rename',
  'link',
  'unlink',
  'folder',
  'rmdir',
  'sync',
  'synced',
  'send',
]

/** The records of one life, added to what there is; the last one may be cut off. */
function readLife(path, records) {
  const all = readFileSync(path)
  for (let at = 0; at + HEADER <= all.length; ) {
    if (all.readUInt32LE(at) !== MAGIC) throw new Error(`${path}: no record at ${at}`)
    const kind = kinds[all.readUInt32LE(at + 4)]
    const id = Number(all.readBigUInt64LE(at + 8))
    const value = Number(all.readBigUInt64LE(at + 16))
    const pathBytes = all.readUInt32LE(at + 24)
    const toBytes = all.readUInt32LE(at + 28)
    const bytes = Number(all.readBigUInt64LE(at + 32))
    at += HEADER
    if (at + pathBytes + toBytes + bytes > all.length) break
    const name = all.toString('utf8', at, at + pathBytes)
    const to = all.toString('utf8', at + pathBytes, at + pathBytes + toBytes)
    at += pathBytes + toBytes
    records.push({ seq: records.length, kind, id, at: value, path: name, to, data: all.subarray(at, at + bytes) })
    at += bytes
  }
}

/** Every record of a session, in order. traces: a file for each life; one that was killed at once has none. */
export function readTrace(...traces) {
  const records = []
  for (const path of traces) if (existsSync(path)) readLife(path, records)
  return records
}

/** Lines that were sent: [{seq of the record that completed it, run, message}]. */
export function sentLines(records) {
  const lines = []
  let open = new Map()
  let run = 0
  for (const record of records) {
    if (record.kind === 'start') {
      run++
      open = new Map()
    }
    if (record.kind !== 'send') continue
    let rest = open.has(record.id) ? Buffer.concat([open.get(record.id), record.data]) : record.data
    for (let end; (end = rest.indexOf(10)) >= 0; rest = rest.subarray(end + 1))
      lines.push({ seq: record.seq, run, message: JSON.parse(rest.toString('utf8', 0, end)) })
    open.set(record.id, rest)
  }
  return lines
}

/** Octets that grow. */
class Octets {
  constructor(from = Buffer.alloc(0)) {
    this.buffer = Buffer.from(from)
    this.length = from.length
  }

  resize(length) {
    if (length > this.buffer.length) {
      const more = Buffer.alloc(Math.max(length, this.buffer.length * 2))
      this.buffer.copy(more, 0, 0, this.length)
      this.buffer = more
    }
    if (length < this.length) this.buffer.fill(0, length, this.length)
    this.length = length
  }

  apply(change) {
    if (change.length !== undefined) {
      this.resize(change.length)
      return
    }
    this.resize(Math.max(this.length, change.at + change.data.length))
    change.data.copy(this.buffer, change.at)
  }

  bytes() {
    return this.buffer.subarray(0, this.length)
  }
}

class File {
  constructor() {
    this.durable = new Octets()
    this.changes = [] // since the last sync: {seq, at, data} or {seq, length}
  }

  settle(before) {
    const n = this.changes.findIndex((c) => c.seq >= before)
    for (const change of n < 0 ? this.changes.splice(0) : this.changes.splice(0, n)) this.durable.apply(change)
  }

  now() {
    const all = new Octets(this.durable.bytes())
    for (const change of this.changes) all.apply(change)
    return all.bytes()
  }
}

class Folder {
  constructor() {
    this.durable = new Map() // name to node
    this.now = new Map()
    this.changes = [] // {seq, name, node (null: none), move}
  }

  change(seq, name, node, move) {
    if (node) this.now.set(name, node)
    else this.now.delete(name)
    this.changes.push({ seq, name, node, move })
  }

  settle(before) {
    const kept = []
    for (const c of this.changes)
      if (c.seq >= before) kept.push(c)
      else if (c.node) this.durable.set(c.name, c.node)
      else this.durable.delete(c.name)
    this.changes = kept
  }
}

/** The disk after some records of a trace. */
export class Disk {
  /** recording: of session.mjs; what it found there is durable. */
  constructor({ root, before }) {
    this.root = root
    this.top = new Folder()
    this.nodes = new Map()
    this.syncs = new Map()
    for (const { path, id, octets } of before) {
      const node = octets ? new File() : new Folder()
      if (octets) node.durable = new Octets(octets)
      this.nodes.set(id, node)
      this.folder(path).now.set(basename(path), node)
      this.folder(path).durable.set(basename(path), node)
    }
  }

  find(path) {
    if (path === this.root) return this.top
    let node = this.top
    for (const name of path.slice(this.root.length + 1).split('/')) node = node?.now?.get(name)
    return node
  }

  folder(path) {
    const node = this.find(dirname(path))
    if (!(node instanceof Folder)) throw new Error(`a folder that nobody made: ${dirname(path)}`)
    return node
  }

  /** Take one record in. */
  take(r) {
    switch (r.kind) {
      case 'start':
        this.nodes.set(r.id, this.top)
        this.syncs.clear()
        break
      case 'file':
        this.nodes.set(r.id, new File())
        this.folder(r.path).change(r.seq, basename(r.path), this.nodes.get(r.id))
        break
      case 'folder':
        this.nodes.set(r.id, new Folder())
        this.folder(r.path).change(r.seq, basename(r.path), this.nodes.get(r.id))
        break
      case 'write':
        this.nodes.get(r.id)?.changes.push({ seq: r.seq, at: r.at, data: r.data })
        break
      case 'length':
        this.nodes.get(r.id)?.changes.push({ seq: r.seq, length: r.at })
        break
      case 'link':
        this.folder(r.to).change(r.seq, basename(r.to), this.find(r.path))
        break
      case 'rename': {
        const node = this.find(r.path)
        this.folder(r.path).change(r.seq, basename(r.path), null, node)
        this.folder(r.to).change(r.seq, basename(r.to), node, node)
        break
      }
      case 'unlink':
      case 'rmdir':
        // sockets are not files
        if (this.find(r.path)) this.folder(r.path).change(r.seq, basename(r.path), null)
        break
      case 'sync':
        this.syncs.set(r.at, { node: this.nodes.get(r.id), seq: r.seq })
        break
      case 'synced': {
        const sync = this.syncs.get(r.at)
        sync?.node?.settle(sync.seq)
        this.syncs.delete(r.at)
        break
      }
    }
  }
}

/** Where the disk differs from the folder as it is: nothing was overlooked. */
export function differences(disk, ignore = /(-shm|\.log|\.sock)$/) {
  const wrong = []
  const look = (node, path) => {
    const there = new Set(readdirSync(path).filter((name) => !ignore.test(name)))
    for (const [name, child] of node.now) {
      if (!there.delete(name)) wrong.push(`${join(path, name)} is not there`)
      else if (child instanceof Folder) look(child, join(path, name))
      else if (!readFileSync(join(path, name)).equals(child.now())) wrong.push(`${join(path, name)} has other octets`)
    }
    for (const name of there) wrong.push(`${join(path, name)} was not recorded`)
  }
  look(disk.top, disk.root)
  return wrong
}

/**
 * What survives. Each takes rng and the last seq, and gives until(what): how
 * many of a list of changes reached the disk.
 */
export const styles = {
  // only what was synced
  none: () => () => () => 0,
  // everything, as after kill -9
  all: () => () => (changes) => changes.length,
  // everything before some moment
  order: (rng, last, first) => {
    const moment = rng.between(first, last + 1)
    return () => (changes) => changes.filter((c) => c.seq <= moment).length
  },
  // each sector and each entry by itself
  sectors: (rng) => () => (changes) => rng.between(0, changes.length + 1),
  // a page, an entry: new or old, mostly new
  fresh: (rng) => () => (changes) => (rng.next() < 0.85 ? changes.length : rng.between(0, changes.length + 1)),
  // mostly old
  stale: (rng) => () => (changes) => (rng.next() < 0.85 ? 0 : rng.between(0, changes.length + 1)),
  // some files and folders wholly, others not at all
  files: (rng) => () => {
    const kept = rng.next() < 0.5
    return (changes) => (kept ? changes.length : 0)
  },
}

/** Contents that the disk may hold of a file. */
function content(file, rng, until, sizes) {
  const { changes } = file
  const durable = file.durable.bytes()
  if (changes.length === 0) return durable
  const lengths = [durable.length]
  for (const c of changes) {
    const before = lengths.at(-1)
    lengths.push(c.length !== undefined ? c.length : Math.max(before, c.at + c.data.length))
  }
  const grain = sizes.grain
  const limits = new Map()
  const limit = (piece) => {
    if (!limits.has(piece)) limits.set(piece, until(changes))
    return limits.get(piece)
  }
  const most = Math.max(...lengths)
  const cache = Buffer.alloc(most)
  durable.copy(cache)
  const disk = Buffer.from(cache)
  if (sizes.dirt) for (let i = durable.length; i < most; i++) disk[i] = rng.between(0, 256)
  changes.forEach((c, n) => {
    const from = c.length !== undefined ? c.length : c.at
    const to = c.length !== undefined ? most : c.at + c.data.length
    if (c.length !== undefined) cache.fill(0, c.length)
    else c.data.copy(cache, c.at)
    for (let piece = Math.floor(from / grain); piece * grain < to; piece++)
      if (n < limit(piece)) cache.copy(disk, piece * grain, piece * grain, Math.min((piece + 1) * grain, most))
  })
  let length = lengths[until(changes)]
  // mostly the length is that of what was kept
  if (rng.next() < 0.6) {
    const kept = Math.max(0, ...limits.values())
    length = lengths[kept]
  }
  return disk.subarray(0, length)
}

/** Entries that the disk may hold of a folder. */
function entries(folder, until, moved) {
  const found = new Map(folder.durable)
  const names = new Map()
  for (const c of folder.changes) names.set(c.name, [...(names.get(c.name) ?? []), c])
  for (const [name, changes] of names) {
    const kept = until(changes)
    for (const c of changes.slice(0, kept)) {
      if (c.node) found.set(name, c.node)
      else found.delete(name)
      // a file that is renamed is somewhere
      if (c.move && !c.node) moved.push({ node: c.move, found, name })
    }
  }
  return found
}

/** Write a folder as the disk may have it. Returns {style, grain}. */
export function writeImage(disk, target, rng, style = null) {
  const names = Object.keys(styles)
  const name = style ?? names[rng.between(0, names.length)]
  const oldest = []
  const walk = (node, seen) => {
    if (seen.has(node)) return
    seen.add(node)
    for (const c of node.changes) oldest.push(c.seq)
    if (node instanceof Folder) for (const child of new Set([...node.now.values(), ...node.durable.values()])) walk(child, seen)
  }
  walk(disk.top, new Set())
  const first = oldest.reduce((a, b) => Math.min(a, b), Infinity)
  const last = oldest.reduce((a, b) => Math.max(a, b), -1)
  const choose = styles[name](rng, last, Number.isFinite(first) ? first : 0)
  const sizes = { grain: rng.next() < 0.5 ? SECTOR : PAGE, dirt: rng.next() < 0.25 }

  const moved = []
  const chosen = new Map()
  const decide = (folder) => {
    if (chosen.has(folder)) return
    chosen.set(folder, entries(folder, choose(), moved))
    for (const node of chosen.get(folder).values()) if (node instanceof Folder) decide(node)
  }
  decide(disk.top)
  const kept = new Set()
  for (const found of chosen.values()) for (const node of found.values()) kept.add(node)
  for (const { node, found, name: entry } of moved)
    if (!kept.has(node) && !found.has(entry)) {
      found.set(entry, node)
      kept.add(node)
      if (node instanceof Folder) decide(node)
    }
  const contents = new Map()
  const write = (folder, path) => {
    for (const [entry, node] of chosen.get(folder)) {
      const to = join(path, entry)
      if (node instanceof Folder) {
        mkdirSync(to, { mode: 0o700 })
        write(node, to)
        continue
      }
      if (!contents.has(node)) contents.set(node, content(node, rng, choose(), sizes))
      writeFileSync(to, contents.get(node), { mode: 0o600 })
    }
  }
  write(disk.top, target)
  return { style: name, ...sizes, pending: oldest.length }
}

export const isFolder = (path) => {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
