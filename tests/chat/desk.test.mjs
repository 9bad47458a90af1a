// Visitors, the gateway and the real daemon: what was written is there once,
// in order, whoever dies meanwhile.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { cutAt, converse, startCutting } from './cut.mjs'
import { sleep, startDesk, startGateway, Tab, until, Visitor } from './lib.mjs'

/** What the desk itself has of an incident, as a visitor would see it. */
async function kept(desk, incident) {
  const { detail } = await desk.call('incident.get', { id: incident })
  return detail.messages.filter((m) => m.direction !== 'note').map((m) => m.text)
}

test('a conversation with an agent: typing, seen, the end, a rating', async () => {
  const desk = await startDesk()
  const gateway = await startGateway(desk.daemon.socket('chat'))
  const t = new Tab(gateway)
  const hello = await t.open()
  assert.equal(hello.site.title, 'Tienda')
  const site = async () => (await desk.call('connection.list')).connections.find((one) => one.kind === 'chat')
  await until('staff see that the site is served', async () => (await site()).state === 'ok')
  await t.start('Marta', { email: 'marta@x.example' })
  assert.equal((await t.write('a', 'hola')).t, 'ack')
  const { chat } = await t.next('lines')
  assert.equal(chat.state, 'waiting')
  await desk.say(chat.incident, 'buenas')
  const second = await t.next('lines', (f) => f.lines[0].who === 'agent')
  assert.equal(second.chat.state, 'talking')
  await desk.call('incident.typing', { id: chat.incident, on: true })
  assert.equal((await t.next('typing')).name, 'Laura')
  t.send({ t: 'got', number: second.lines[0].number })
  await until('it was seen', async () => (await desk.call('incident.get', { id: chat.incident })).detail.visitor.got === second.lines[0].number)
  const other = new Tab(gateway)
  assert.equal((await other.open(t.token)).chat.incident, chat.incident)
  await until('both lines', () => other.lines.length === 2)
  t.send({ t: 'end' })
  assert.equal((await t.next('ended')).chat.state, 'ended')
  t.send({ t: 'rate', score: 5 })
  assert.equal((await t.next('rated')).chat.rated, 5)
  assert.equal((await t.write('b', 'otra cosa')).t, 'ack')
  await until('it is in another incident', () => other.lines.length === 3 && t.lines.length === 3)
  assert.deepEqual(t.lines.map((l) => l.text), ['hola', 'buenas', 'otra cosa'])
  await desk.call('incident.note', { id: chat.incident, text: 'para nosotros' }).catch(() => undefined)
  const up = await gateway.http('POST', '/chat/file', { headers: { authorization: `Bearer ${t.token}`, 'content-type': 'text/plain' }, body: 'un texto' })
  assert.equal(up.status, 201, up.text)
  const { sha256 } = JSON.parse(up.text)
  assert.equal((await t.write('c', '', { files: [{ sha256, filename: 'nota.txt' }] })).t, 'ack')
  await until('the file', () => t.lines.length === 4)
  const [file] = t.lines[3].files
  assert.deepEqual([file.filename, file.sha256, file.content_type], ['nota.txt', sha256, 'text/plain'])
  const path = `/chat/file/${sha256}?message=${file.message}`
  assert.equal((await gateway.http('GET', path, { headers: { authorization: `Bearer ${t.token}` } })).text, 'un texto')
  const stranger = new Tab(gateway)
  await stranger.open()
  await stranger.start()
  await stranger.write('s')
  assert.equal((await gateway.http('GET', path, { headers: { authorization: `Bearer ${stranger.token}` } })).status, 404)
  assert.ok(!t.frames.some((f) => JSON.stringify(f).includes('para nosotros')))
  assert.ok(!gateway.log().includes(t.token) && !desk.daemon.log().includes(t.token))
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  desk.peer.close()
  await desk.daemon.stop()
  desk.daemon.remove()
})

test('daemon and gateway are killed while lines are written: none is lost, doubled or out of order', async () => {
  const desk = await startDesk()
  let gateway = await startGateway(desk.daemon.socket('chat'))
  const { port } = gateway
  const { dir } = desk.daemon
  const visitors = [...Array(12)].map(() => new Visitor(gateway, { port: () => port }))
  const said = new Map(visitors.map((v) => [v, []]))
  visitors.forEach((v, n) => {
    for (let i = 0; i < 14; i++) v.write(`v${n}-${i}`)
  })
  let killing = true
  const kills = (async () => {
    for (let i = 0; i < 6; i++) {
      await sleep(300 + Math.random() * 500)
      await desk.daemon.kill()
      desk.daemon = await startDaemon({ dir })
      if (i % 3 !== 1) continue
      await gateway.stop('SIGKILL')
      gateway = await startGateway(desk.daemon.socket('chat'), { port })
    }
    killing = false
  })()
  const agent = (async () => {
    for (let i = 0; killing || i < visitors.length * 3; i++) {
      const v = visitors[i % visitors.length]
      if (!v.incident) {
        await sleep(20)
        continue
      }
      const text = `respuesta ${i}`
      said.get(v).push(text)
      await desk.say(v.incident, text)
      await sleep(20)
    }
  })()
  await Promise.all([kills, agent])
  for (const [n, v] of visitors.entries()) {
    await until(`all lines of ${n}`, () => !v.outbox.length && v.lines.length >= 14 + said.get(v).length, 120_000)
    assert.deepEqual(v.wrong, [])
    assert.deepEqual(v.lines.filter((l) => l.id).map((l) => l.id), [...Array(14).keys()].map((i) => `v${n}-${i}`))
    assert.deepEqual(v.lines.filter((l) => l.who === 'agent').map((l) => l.text), said.get(v))
    assert.deepEqual(await kept(desk, v.incident), v.lines.map((l) => l.text))
  }
  assert.ok(visitors.some((v) => v.down > 0))
  for (const v of visitors) v.stop()
  await gateway.stop()
  desk.peer.close()
  await desk.daemon.stop()
  desk.daemon.remove()
})

test('a connection that is cut at any byte costs nothing', async () => {
  const all = await startCutting()
  const whole = await converse(all)
  const { up, down } = whole.bytes
  assert.ok(up > 350 && down > 900, `${up} up, ${down} down`)
  const seed = Number(process.env.POSTIGO_SEED ?? Math.floor(Math.random() * 1e6))
  console.log(`# seed ${seed}`)
  const pick = (n, of) => [...Array(n).keys()].map((i) => 1 + ((seed + Math.floor((i * of) / n)) % of))
  const places = [...pick(20, up).map((at) => ({ way: 'up', at })), ...pick(20, down).map((at) => ({ way: 'down', at }))]
  const cuts = await cutAt(all, places)
  assert.ok(cuts >= 30, `${cuts} of 40 were cut`)
  await all.stop()
})

test('five hundred sockets, each with a chat', async () => {
  const desk = await startDesk()
  const gateway = await startGateway(desk.daemon.socket('chat'))
  const tabs = []
  for (let i = 0; i < 500; i++) {
    const t = new Tab(gateway)
    tabs.push(t)
    if (i % 20 !== 19) continue
    await Promise.all(
      tabs.slice(-20).map(async (one) => {
        await one.open()
        await one.start()
        await one.write('hola')
      }),
    )
  }
  await Promise.all(tabs.map((t) => t.next('lines')))
  await Promise.all(tabs.map((t, i) => desk.say(t.frames.find((f) => f.t === 'lines').chat.incident, `a ti, ${i}`)))
  for (const [i, t] of tabs.entries()) {
    await until(`the answer of ${i}`, () => t.lines.length >= 2)
    assert.deepEqual(t.lines.map((l) => l.text), ['hola', `a ti, ${i}`])
  }
  for (const t of tabs) t.close()
  assert.deepEqual(await gateway.stop(), { code: 0, signal: null })
  desk.peer.close()
  await desk.daemon.stop()
  desk.daemon.remove()
})
