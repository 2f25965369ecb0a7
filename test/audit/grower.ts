/** A process that grows the index of DIR over and over until it is killed: `grower.ts DIR`. */
import { JournalIndex } from '../../src/audit/journal-index.ts';

const index = new JournalIndex(process.argv[2] ?? '');
process.stdout.write('open\n');
for (;;) await index.grow();
