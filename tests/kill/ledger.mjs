// The truth of the kill loop, kept outside Postigo: what was offered, with
// which octets, and what was acknowledged. It is never killed.
import { createHash } from 'node:crypto'

export { random } from '../lib/long.mjs'

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

const texts = [
  'Quiero devolver el pedido, la talla no me vale.',
  'Where is my parcel? It should have arrived on Monday.',
  'La taza ha llegado rota, ¿qué puedo hacer?',
  'Necesito la factura con el NIF de la empresa.',
]

/** Mails that were offered, by Message-ID. */
export class Ledger {
  constructor(run) {
    this.run = run
    this.offered = new Map()
    this.count = 0
  }

  /** A new mail: its octets are what must be found later. */
  offer(via, big) {
    const n = ++this.count
    const id = `<kill.${this.run}.${n}@correo.example>`
    const filler = big ? 'Línea de relleno para un correo largo. '.repeat(2500) : ''
    const raw = Buffer.from(
      [
        `Message-ID: ${id}`,
        `From: Cliente ${n % 50} <cliente${n % 50}@correo.example>`,
        'To: ayuda@tienda.example',
        `Subject: Prueba ${n}`,
        'Date: Mon, 05 Jan 2026 09:00:00 +0000',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 8bit',
        '',
        `${texts[n % texts.length]} (${n}) ${filler}`,
        '',
      ].join('\r\n'),
    )
    const mail = { n, id, via, raw, sha256: sha256(raw), acknowledged: false, answer: null }
    this.offered.set(id, mail)
    return mail
  }

  acknowledged(via) {
    return [...this.offered.values()].filter((m) => m.acknowledged && m.via === via).length
  }
}
