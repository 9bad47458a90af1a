import { chromium } from 'playwright-core'
import { startStandIn } from './chat/stand-in.mjs'
const d = await startStandIn({assets:'/work/w/widget/b/ui/chat'})
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox'] })
const p = await b.newPage({ viewport: { width: 1280, height: 800 } })
await p.route('http://localhost:18481/**', async (r) => r.continue({url: r.request().url().replace('http://localhost:18481', d.origin)}))
await p.goto('http://localhost:18484/'); await p.waitForTimeout(800)
await p.screenshot({ path: '/tmp/shop.png', fullPage: true })
await p.setViewportSize({width:390,height:844}); await p.screenshot({ path: '/tmp/shop-phone.png', fullPage: true })
await b.close(); await d.close()
