// node .ci/summary.mjs REPORT STATUS: what vitest's JSON report says, in one line.
// STATUS 1: something failed before or beside the tests (types, lint, an unhandled error).

import { readFileSync } from 'node:fs';

const [, , file, status] = process.argv;

function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

const report = read();
if (report === undefined) {
  console.log('The tests wrote no report.\n0 passed, 1 failed');
  process.exit(1);
}

// A file that can't even be loaded has no tests to fail; it counts as one.
const broken = report.testResults.filter((suite) => suite.status === 'failed' && suite.assertionResults.every((test) => test.status !== 'failed'));
for (const suite of broken) console.log(`could not run: ${suite.name}\n  ${suite.message}`);

for (const suite of report.testResults) {
  for (const test of suite.assertionResults) {
    if (['skipped', 'pending', 'todo'].includes(test.status)) console.log(`left out: ${test.fullName}`);
  }
}

const passed = report.numPassedTests;
let failed = report.numFailedTests + broken.length;
const skipped = report.numPendingTests + report.numTodoTests;
if (passed + failed === 0) console.log('No test ran.');
if (status !== '0' && failed === 0) {
  console.log('The tests passed, but a step above failed.');
  failed = 1;
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);
