import { createMeterPackage, meterPackage } from './create-meter-package.ts'

// The program of `npm create ergometer-meter NAME`.

const USAGE = `usage: npm create ergometer-meter NAME

NAME is what your meter measures, such as pdu or @acme/pdu: a folder ergometer-meter-NAME is made here,
with a meter that works, its conformance test, a README to fill in and a workflow for CI.`

function main(args: readonly string[]): number {
  const [name, ...more] = args
  if (name === '--help' || name === '-h') {
    process.stdout.write(`${USAGE}\n`)
    return 0
  }
  if (name === undefined || more.length > 0) {
    process.stderr.write(`${USAGE}\n`)
    return 2
  }
  try {
    const names = meterPackage(name)
    createMeterPackage(names, process.cwd())
    process.stdout.write(`made ${names.folder}: a meter '${names.meterName}' that reads watts from a file

  cd ${names.folder}
  npm install
  npm test                      builds it and runs the conformance cases
  npx ergometer meters check '${names.packageName}={"file": "watts.txt"}'
  npx ergometer run --meter '${names.packageName}={"file": "watts.txt"}' -- CMD

Put your instrument into src/index.ts, and its world into test/world.ts.
`)
    return 0
  } catch (error) {
    process.stderr.write(`create-ergometer-meter: ${(error as Error).message}\n`)
    return 2
  }
}

process.exitCode = main(process.argv.slice(2))
