// Small files that browsers show and play, made here.
import { crc32, deflateSync } from 'node:zlib'

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc(body), body.length + 4)
  return out
}

/** The CRC of PNG, where node has none of its own. */
function crc(bytes) {
  if (crc32) return crc32(bytes)
  let sum = 0xffffffff
  for (const byte of bytes) {
    sum ^= byte
    for (let n = 0; n < 8; n++) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1
  }
  return (sum ^ 0xffffffff) >>> 0
}

/** A picture of two colours. */
export function png(width, height) {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  head.set([8, 2], 8) // 8 bits of red, green, blue
  const line = (y) => [0, ...Array.from({ length: width }, (_, x) => ((x >> 3) + (y >> 3)) % 2 ? [11, 110, 99] : [245, 180, 84]).flat()]
  const rows = Buffer.from(Array.from({ length: height }, (_, y) => line(y)).flat())
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** The checksum of a page of Ogg. */
function oggSum(bytes) {
  let sum = 0
  for (const byte of bytes) {
    sum ^= byte << 24
    for (let n = 0; n < 8; n++) sum = sum & 0x80000000 ? (sum << 1) ^ 0x04c11db7 : sum << 1
  }
  return sum >>> 0
}

function oggPage(number, flags, granule, packets) {
  const head = Buffer.alloc(27)
  head.write('OggS', 0, 'latin1')
  head[5] = flags
  head.writeBigUInt64LE(BigInt(granule), 6)
  head.writeUInt32LE(1, 14)
  head.writeUInt32LE(number, 18)
  head[26] = packets.length
  const page = Buffer.concat([head, Buffer.from(packets.map((one) => one.length)), ...packets])
  page.writeUInt32LE(oggSum(page), 22)
  return page
}

/** A voice note of silence, as telephones record them: Opus in Ogg. */
export function voice(seconds) {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 0, 'latin1')
  head.set([1, 1], 8) // version, one channel
  head.writeUInt32LE(48000, 12)
  const tags = Buffer.alloc(16)
  tags.write('OpusTags', 0, 'latin1')
  const silence = Buffer.from([0xf8, 0xff, 0xfe]) // 20 ms
  const packets = Array.from({ length: seconds * 50 }, () => silence)
  return Buffer.concat([
    oggPage(0, 2, 0, [head]),
    oggPage(1, 0, 0, [tags]),
    oggPage(2, 4, seconds * 48000, packets),
  ])
}
