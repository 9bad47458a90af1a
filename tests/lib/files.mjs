// The files below a folder. Node.js 18 to 24 each have a readdir that goes down
// by itself, and no two of them agree about sockets or the name of a path.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Paths of the plain files below dir. */
export const filesIn = (dir) =>
  readdirSync(dir, { withFileTypes: true }).flatMap((one) => {
    const path = join(dir, one.name)
    return one.isDirectory() ? filesIn(path) : one.isFile() ? [path] : []
  })
