// A mail as a mail program reads it: header fields, a tree of parts, their
// octets decoded; and a CSV file by RFC 4180.

/** Encoded words of RFC 2047. */
function words(text) {
  return text
    .replace(/(\?=)\s+(=\?)/g, '$1$2')
    .replace(/=\?([\w-]+)\?([bq])\?([^?]*)\?=/gi, (_, charset, how, data) => {
      const octets = how.toLowerCase() === 'b' ? Buffer.from(data, 'base64') : quoted(data.replaceAll('_', ' '))
      return new TextDecoder(charset).decode(octets)
    })
}

function quoted(text) {
  const plain = text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(plain, 'latin1')
}

function decode(how, body) {
  if (/base64/i.test(how)) return Buffer.from(body, 'base64')
  return /quoted-printable/i.test(how) ? quoted(body) : Buffer.from(body, 'latin1')
}

/** Octets as latin1 text to {headers, subject, type, filename, text, parts}. */
export function parseMail(octets) {
  const all = octets.replaceAll('\r\n', '\n')
  const end = all.indexOf('\n\n')
  const headers = {}
  for (const line of all.slice(0, end).replace(/\n[ \t]+/g, ' ').split('\n')) {
    const colon = line.indexOf(':')
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
  }
  const kind = headers['content-type'] ?? 'text/plain'
  const part = { headers, type: kind.split(';')[0].trim().toLowerCase(), parts: [] }
  if (headers.subject) part.subject = words(headers.subject)
  part.filename = /filename="?([^";]+)"?/.exec(headers['content-disposition'] ?? '')?.[1]
  const body = all.slice(end + 2)
  const boundary = /boundary="?([^";]+)"?/.exec(kind)?.[1]
  if (boundary) part.parts = body.split(`--${boundary}`).slice(1, -1).map((piece) => parseMail(piece.replace(/^\n/, '').replace(/\n$/, '')))
  else part.text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decode(headers['content-transfer-encoding'] ?? '', body))
  return part
}

/** Rows of fields; throws where the file is not as RFC 4180 has it. */
export function parseCsv(text, between = ',') {
  const rows = []
  let at = 0
  while (at < text.length) {
    const row = []
    for (let more = true; more; ) {
      let field = ''
      if (text[at] === '"') {
        for (at++; text[at] !== '"' || text[at + 1] === '"'; at++) {
          if (at >= text.length) throw new Error('a quote is not closed')
          if (text[at] === '"') at++
          field += text[at]
        }
        at++
      } else {
        while (at < text.length && text[at] !== between && text[at] !== '\r') {
          if (text[at] === '"' || text[at] === '\n') throw new Error(`a mark within a field at ${at}`)
          field += text[at++]
        }
      }
      row.push(field)
      more = text[at] === between
      if (more) at++
    }
    if (text.slice(at, at + 2) !== '\r\n') throw new Error(`no line end at ${at}`)
    at += 2
    rows.push(row)
  }
  return rows
}
