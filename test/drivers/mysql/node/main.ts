/** node main.ts mysql2|mariadb SET */

import { report } from '../../scenario.ts';
import type { Driver } from './client.ts';
import { equal } from './equal.ts';
import { held } from './held.ts';

const [name = ''] = process.argv.splice(2, 1);
const { driver } = (await import(`./${name}.ts`)) as { driver: Driver };
const client = await driver.connect();
await report({ equal: equal(client, driver), held: held(client, driver) });
await client.end();
