// A restore that is killed at its n-th system call, and what is left of it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

const builddir = process.env.POSTIGO_BUILDDIR
const CALLS = 'openat,mkdir,link,unlink,rename,fsync,fdatasync,write,pwrite64'

/** Is there a strace that may kill at a call? Not in every container, nor by these names on every machine. */
export const canKill = () => spawnSync('strace', ['-f', '-o', '/dev/null', ...inject(60_000), 'true']).status === 0
const inject = (n) => ['-e', `trace=${CALLS}`, '-e', `inject=${CALLS}:signal=KILL:when=${n}`]

/** postigod as a command: {code, out, err}. */
export function postigod(...args) {
  const end = spawnSync(join(builddir, 'postigod'), args, { encoding: 'utf8' })
  return { code: end.status, out: end.stdout, err: end.stderr }
}

/** The same; it must go well. */
export function fine(...args) {
  const end = postigod(...args)
  assert.equal(end.code, 0, `${args.join(' ')}: ${end.err}${end.out}`)
  return end
}

/**
 * Restore, killed at call n; what is left is nothing, half a desk in which no
 * daemon starts, or a whole one; and the restore can be done again. Tells
 * which, or 'untouched' where there is no n-th call.
 */
export function killRestore(backup, desk, n) {
  const end = spawnSync('strace', ['-f', '-o', '/dev/null', ...inject(n), join(builddir, 'postigod'), '--restore', backup, '--dir', desk], {
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
  })
  const files = existsSync(desk) ? readdirSync(desk) : []
  const half = files.includes('restore.unfinished')
  const whole = !half && files.includes('postigo.db')
  if (half) {
    const start = postigod('--dir', desk)
    assert.equal(start.code, 70, `killed at call ${n}: no daemon starts in half a desk`)
    assert.match(start.err, /postigo restore/)
    assert.ok([66, 70].includes(postigod('--fsck', '--dir', desk).code), `killed at call ${n}: half a desk is not checked`)
  }
  if (end.status === 0) assert.ok(whole, `not killed at call ${n}: it is whole`)
  if (!whole) fine('--restore', backup, '--dir', desk)
  fine('--fsck', '--dir', desk)
  rmSync(desk, { recursive: true, force: true })
  if (end.status === 0) return 'untouched'
  return half ? 'half' : whole ? 'whole' : 'nothing'
}
