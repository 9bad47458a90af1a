// Every state in every size and scheme.
process.env.LOOKS = 'all'
await import('./looks.test.mjs')
