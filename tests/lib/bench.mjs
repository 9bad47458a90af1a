// What the programs of tests/bench share: their tools, a line of a figure, a
// desk book of any size.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'

export const builddir = process.env.POSTIGO_BUILDDIR

export const tool = (name, ...args) =>
  JSON.parse(execFileSync(join(builddir, 'tests/bench', name), args, { encoding: 'utf8', maxBuffer: 1 << 26 }))

export const row = (name, figure, goal) => console.log(`${name.padEnd(58)} ${String(figure).padStart(16)}   ${goal}`)

/** A short mail to the connection "api", as contact.add takes it. */
export function mailOf(id, from) {
  const text = '¿Ha salido ya?'
  const raw = Buffer.from(`Message-ID: ${id}\r\n\r\n${text}\r\n`)
  const sha = (octets) => createHash('sha256').update(octets).digest('hex')
  return {
    connection: 'api', channel: 'email', external_id: id, digest: sha(id), received_at: new Date().toISOString(),
    from: { address: from }, subject: 'Pedido', text, raw: { sha256: sha(raw), bytes: raw.length, data: raw.toString('base64') },
  }
}

/** A desk book with n rules whose patterns nearly match the sample texts. */
export function bookOf(n) {
  const rules = Array.from({ length: n }, (_, i) =>
    [
      `rule "regla ${i}" {`,
      '    on contact via email',
      `    if subject or body matches /\\b(palabra${i}|devoluci[oó]n ${i}|refund of ${i})\\b/`,
      `    then tag "t${i}"`,
      `    example "una palabra${i} aquí"`,
      '    counterexample "nada"',
      '}',
    ].join('\n'),
  )
  return [
    'queue "general" { title "General" }',
    'calendar "tienda" { timezone "Europe/Madrid"  mon-fri 09:00-14:00, 16:00-19:00 }',
    'policy "correo" { via email  calendar "tienda"  first response 4h }',
    ...rules,
    '',
  ].join('\n\n')
}
