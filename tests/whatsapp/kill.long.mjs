// The gateway or the daemon is killed while deliveries come: what was answered
// with 200 is there once, as soon as the leases of the dead have ended.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../lib/bus.mjs'
import { PHONES } from '../lib/graph.mjs'
import { longLoop } from '../lib/long.mjs'
import { until } from '../lib/wait.mjs'
import { addNumber, startGateway, textBody } from '../lib/whatsapp.mjs'
import { wrote } from './wrote.mjs'

const DELIVERIES = 60
let daemon
let control
let gateway

const start = async () => (gateway = await startGateway({ socket: daemon.socket('whatsapp'), dir: daemon.dir }))
const hooks = async (state) => (await control.call('hook.list', { limit: 1, state })).hooks

before(async () => {
  daemon = await startDaemon()
  control = await daemon.connect('control')
  await addNumber(control)
  await start()
})

after(async () => {
  await gateway?.stop()
  const { problems } = await control.call('store.check', {})
  await daemon.stop()
  daemon.remove()
  assert.deepEqual(problems, [])
})

async function kill(which) {
  if (which === 'gateway') {
    await gateway.stop('SIGKILL')
    await start()
    return
  }
  await daemon.kill()
  daemon = await startDaemon({ dir: daemon.dir })
  control = await daemon.connect('control')
}

test('kills while deliveries come', async () => {
  await longLoop({ name: 'whatsapp-kill', unit: 'kills', goal: 40 }, async (rng, index) => {
    const from = `346${String(index).padStart(8, '0')}`
    const at = rng.between(1, DELIVERIES)
    const want = []
    let ended
    for (let i = 0; i < DELIVERIES; i++) {
      const text = `${index} ${i}`
      const body = textBody({ from, id: `wamid.kill.${index}.${i}`, text })
      if (i === at) ended = kill(rng.between(0, 2) === 0 ? 'gateway' : 'daemon')
      // as Meta does: again until 200
      await until(async () => (await gateway.deliver(body)).status === 200, 'a delivery to be taken')
      want.push(text)
    }
    await ended
    await until(async () => (await hooks('waiting')).length + (await hooks('taken')).length === 0, 'hooks to end')
    assert.deepEqual((await wrote(control, from)).sort(), want.sort())
  })
})
