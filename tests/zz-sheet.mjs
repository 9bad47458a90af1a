import { chromium } from 'playwright-core'
import fs from 'node:fs'
const [out, w, ...names] = process.argv.slice(2)
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox'] })
const p = await b.newPage({ viewport: { width: 1500, height: 900 } })
const crop = w.startsWith('desk')
await p.setContent(`<body style="margin:0;background:#888;display:flex;flex-wrap:wrap;gap:8px">${names.map((n) => {
  const d = fs.readFileSync(`/tmp/shots/${n}.png`).toString('base64')
  return crop ? `<div style="width:420px;height:760px;overflow:hidden"><img style="margin-left:-604px" src="data:image/png;base64,${d}"></div>` : `<img src="data:image/png;base64,${d}">`
}).join('')}</body>`)
await p.screenshot({ path: out, fullPage: true })
await b.close()
