/** Prints what is found in DIR by whoever runs it, before and after reading on: `reader.ts DIR`. */
import { JournalIndex } from '../../src/audit/journal-index.ts';

const index = new JournalIndex(process.argv[2] ?? '');
const texts = async (): Promise<unknown[]> => (await index.search({ limit: 50 })).entries.map(({ text }) => text);
const before = await texts();
await index.grow();
console.log(JSON.stringify({ kept: index.kept, before, after: await texts() }));
await index.close();
