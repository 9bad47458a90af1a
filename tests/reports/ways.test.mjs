// Reports by every way: the bus, the command, REST; as JSON and as CSV. Who may,
// what is refused, and that each link leads to what it counts.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeTemplate, ReplayDesk, TestClock } from '../replay/desk.mjs'
import { until } from '../lib/wait.mjs'
import { History } from './history.mjs'

const builddir = process.env.POSTIGO_BUILDDIR
const BEGIN = '2026-01-05T08:00:00.000Z'
const SINCE = '2026-01-01T00:00:00.000Z'
const UNTIL = '2027-01-01T00:00:00.000Z'
const clock = new TestClock()
let template, desk, gateway, base, reports

/** {code, out, err} of the command. */
const postigo = (...args) =>
  new Promise((done) => {
    execFile(join(builddir, 'postigo'), ['--dir', desk.daemon.dir, ...args], (error, out, err) => done({ code: error ? error.code : 0, out, err }))
  })

async function startConsole() {
  const file = join(desk.daemon.dir, 'console.log')
  const log = openSync(file, 'a')
  gateway = spawn(join(builddir, 'postigo-console'), ['--socket', desk.daemon.socket('console'), '--listen', '127.0.0.1:0', '--assets', '/nonexistent'], {
    stdio: ['ignore', log, log],
  })
  const port = await until(() => /port (\d+)"/.exec(readFileSync(file, 'utf8'))?.[1], "the console's port")
  base = `http://127.0.0.1:${port}/api/v1`
  await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200, 'the console')
}

const rest = (path, token = template.tokens.laura.token) => fetch(base + path, { headers: { authorization: `Bearer ${token}` } })
const ask = (params) => desk.control.call('report.get', { since: SINCE, until: UNTIL, ...params })

before(async () => {
  clock.set(BEGIN)
  template = await makeTemplate(clock, new URL('desk.book', import.meta.url))
  desk = await ReplayDesk.start(template, clock)
  const history = new History(desk, 5, BEGIN)
  await history.run(60)
  ;({ reports } = await desk.control.call('report.list', {}))
  await startConsole()
})
after(async () => {
  gateway.kill('SIGTERM')
  await desk.end()
  clock.remove()
  template.remove()
})

describe('ways', () => {
  test('each report of the list can be asked by each of its groups', async () => {
    assert.deepEqual(
      reports.map((r) => r.report),
      ['today', 'promises', 'times', 'margins', 'breaches', 'backlog', 'volume', 'agents', 'kept'],
    )
    for (const about of reports)
      for (const group of about.groups) {
        const got = await ask({ report: about.report, group })
        assert.deepEqual(
          got.figures.map(({ name, unit }) => ({ name, unit })),
          about.figures,
        )
        assert.deepEqual(got.columns, about.columns)
        for (const row of got.rows) assert.equal(row.values.length, about.columns.length, `${about.report} by ${group}`)
        assert.equal(got.zone, 'Europe/Madrid')
      }
  })

  test('every name is defined in REPORTS.md', () => {
    const text = readFileSync(join(process.env.POSTIGO_SRCDIR, 'schema/REPORTS.md'), 'utf8')
    for (const about of reports) {
      const section = text.split(`\n## ${about.report}\n`)[1]?.split('\n## ')[0]
      assert.ok(section, about.report)
      for (const { name } of [...about.figures, ...about.columns]) {
        const [, stem, tail] = /^([a-z_]*?)(_p\d\d|_mean)?$/.exec(name)
        assert.ok(section.includes(`\`${name}\``) || (tail && section.includes(`\`${stem}_`) && section.includes(`${tail}\``)), `${about.report}: ${name}`)
      }
    }
  })

  test('what cannot be asked is refused', async () => {
    for (const params of [
      { report: 'none' },
      { report: 'promises', group: 'cause' },
      { report: 'promises', zone: 'Europe/Nowhere' },
      { report: 'promises', zone: '../../etc/passwd' },
      { report: 'promises', compare: 'tomorrow' },
      { report: 'backlog', queue: 'envios' },
      { report: 'kept', clock: 'claim' },
      { report: 'promises', since: UNTIL, until: SINCE },
      { report: 'promises', since: SINCE, until: SINCE },
      { report: 'promises', since: '1971-01-01T00:00:00.000Z' },
    ])
      await assert.rejects(ask(params), (e) => e.outcome === 'perm' && e.word === 'bad_params', JSON.stringify(params))
    await assert.rejects(desk.control.call('report.get', { report: 'promises' }))
  })

  test('agents do not read reports, leads do', async () => {
    for (const [role, may] of [['agent', false], ['lead', true], ['manager', true]]) {
      const { agent } = await desk.control.call('agent.add', { email: `${role}@tienda.example`, name: role, role })
      const { token } = await desk.control.call('token.add', { agent: agent.id, label: 'test' })
      const { status } = await rest(`/reports/promises?since=${SINCE}&until=${UNTIL}`, token)
      assert.equal(status, may ? 200 : 403, role)
    }
  })

  test('a figure and its list have the same incidents', async () => {
    let led = 0
    for (const { report, groups } of reports)
      for (const group of groups) {
        const got = await ask({ report, group })
        for (const { link, key, values, value, name } of [...got.figures, ...got.rows]) {
          if (!link.includes('fact=')) continue
          const query = new URL(link, 'http://x').searchParams
          const params = Object.fromEntries(query)
          for (const member of ['agent', 'version']) if (params[member]) params[member] = Number(params[member])
          const { incidents } = await desk.control.call('incident.list', { ...params, limit: 200 })
          const counted = key === undefined ? value : values[got.columns.findIndex((c) => ['met', 'answers', 'contacts', 'in'].includes(c.name))]
          const label = `${incidents.length} of ${counted}: ${report} by ${group}: ${name ?? key}: ${link}`
          // times and shares lead to what they are made of
          const unit = key === undefined ? got.figures.find((f) => f.name === name).unit : 'count'
          if (unit === 'count' && query.get('fact') !== 'broken') {
            assert.equal(incidents.length > 0, counted > 0, label)
            assert.ok(incidents.length <= counted, label)
          }
          assert.deepEqual(
            incidents.map((i) => i.id),
            [...new Set(incidents.map((i) => i.id))].sort((a, b) => a - b),
          )
          led += incidents.length
        }
      }
    assert.ok(led > 100)
  })

  test('a list behind a figure comes in pages', async () => {
    const whole = (await desk.control.call('incident.list', { fact: 'contacts', limit: 200 })).incidents.map((i) => i.id)
    const paged = []
    for (let after; ; ) {
      const { incidents, next } = await desk.control.call('incident.list', { fact: 'contacts', limit: 3, ...(after && { after }) })
      paged.push(...incidents.map((i) => i.id))
      if (!next) break
      after = next
    }
    assert.ok(whole.length > 6)
    assert.deepEqual(paged, whole)
    await assert.rejects(desk.control.call('incident.list', { fact: 'nothing' }), (e) => e.word === 'bad_params')
    await assert.rejects(desk.control.call('incident.list', { fact: 'met', after: 'x' }), (e) => e.word === 'bad_params')
  })

  test('the same by REST and by the command', async () => {
    const params = { report: 'promises', group: 'queue', since: SINCE, until: UNTIL }
    const same = ({ made_at, ...more }) => more
    const bus = same(await ask(params))
    const web = await (await rest(`/reports/promises?group=queue&since=${SINCE}&until=${UNTIL}`)).json()
    assert.deepEqual(same(web), bus)
    const { code, out } = await postigo('--json', 'report', 'promises', '--group', 'queue', '--since', SINCE, '--until', UNTIL)
    assert.equal(code, 0)
    assert.deepEqual(same(JSON.parse(out)), bus)
    const table = await postigo('report', 'promises', '--group', 'queue', '--since', SINCE, '--until', UNTIL, '--compare', 'previous')
    assert.match(table.out, /^compliance +\d+\.\d\d % +\d+ +-$/m)
    assert.match(table.out, /^Envíos +\d+ +\d+ +/m)
    assert.match((await postigo('report')).out, /^promises +clock policy channel/m)
    assert.equal((await postigo('report', 'none')).code, 65)
    assert.equal((await postigo('report', 'promises', '--since', 'soon')).code, 64)
  })

  test('CSV by REST and by the command, octet for octet', async () => {
    const plain = await rest(`/reports/promises.csv?group=queue&since=${SINCE}&until=${UNTIL}`)
    assert.equal(plain.status, 200)
    assert.equal(plain.headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.equal(plain.headers.get('content-disposition'), 'attachment; filename="promises.csv"')
    const text = Buffer.from(await plain.arrayBuffer())
    const bus = await ask({ report: 'promises', group: 'queue' })
    const rows = bus.rows.map((r) => [r.key, r.title, ...r.values.map((v) => v ?? '')].join(','))
    assert.equal(text.toString(), ['key,title,met,breached,compliance,late_applied', ...rows, ''].join('\r\n'))
    const spanish = Buffer.from(await (await rest(`/reports/promises.csv?group=queue&since=${SINCE}&until=${UNTIL}&semicolon=1&bom=1`)).arrayBuffer())
    assert.equal(spanish.toString(), '\ufeff' + text.toString().replaceAll(',', ';'))
    const told = await postigo('report', 'promises', '--group', 'queue', '--since', SINCE, '--until', UNTIL, '--csv', '--semicolon', '--bom')
    assert.equal(told.out, spanish.toString())
    assert.equal((await rest('/reports/none.csv?since=2026-01-01T00:00:00.000Z&until=2026-02-01T00:00:00.000Z')).status, 400)
  })

  test('today is the day of now, whatever period is asked for', async () => {
    const got = await ask({ report: 'today' })
    const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Madrid' })
    assert.equal(day.format(Date.parse(got.since)), day.format(Date.parse(got.made_at)))
    assert.equal(Date.parse(got.until) - Date.parse(got.since), 86_400_000)
    const figure = (name) => got.figures.find((f) => f.name === name).value
    const counts = await desk.control.call('incident.counts', {})
    assert.equal(figure('overdue'), counts.overdue)
    assert.equal(figure('risk'), counts.risk)
    assert.equal(figure('active'), counts.views.active)
    assert.equal(figure('unassigned'), counts.views.unassigned)
    assert.equal(figure('agents_away'), 0)
  })

  test('a period is compared with the one before and with the year before', async () => {
    const january = { report: 'volume', since: '2026-01-05T23:00:00.000Z', until: '2026-01-06T23:00:00.000Z' }
    const before = await ask({ ...january, since: '2026-01-04T23:00:00.000Z', until: '2026-01-05T23:00:00.000Z' })
    const got = await ask({ ...january, compare: 'previous' })
    assert.ok(before.figures[0].value > 0)
    assert.equal(got.figures[0].before, before.figures[0].value)
    const year = await ask({ report: 'volume', since: '2027-01-04T23:00:00.000Z', until: '2027-01-05T23:00:00.000Z', compare: 'year' })
    assert.equal(year.figures[0].value, 0)
    assert.equal(year.figures[0].before, before.figures[0].value)
  })
})
