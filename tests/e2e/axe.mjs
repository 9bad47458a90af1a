// axe-core on a page as it stands; its findings as lines, none if all is well.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export async function axe(page) {
  // Colours are judged at rest: nothing may be in the middle of a fade.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))))
  await page.evaluate(`${source}; 0`)
  const { violations, passes } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  if (passes.length === 0) throw new Error('axe looked at nothing')
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id} (${v.impact}): ${n.target.join(' ')}: ${n.failureSummary}`))
}
