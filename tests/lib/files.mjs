// The files below a folder. A readdir that goes down by itself stops at a socket
// in Node.js 18, and 24 has another name for the folder of what it found.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of the plain files below dir. */
export const filesIn = (dir) =>
  readdirSync(dir, { withFileTypes: true }).flatMap((one) => {
    const path = join(dir, one.name)
    return one.isDirectory() ? filesIn(path) : one.isFile() ? [path] : []
  })
