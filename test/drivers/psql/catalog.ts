import { psql } from './session.ts';

/** What people and agents type to find their way. Not \deu and \dRs: the catalogs that they read hold passwords too. */
const COMMANDS = [
  '\\d', '\\d items', '\\d+ items', '\\dt', '\\dt *.*', '\\dt+', '\\di', '\\ds', '\\dv', '\\dm', '\\df', '\\df+ pg_catalog.lower', '\\dn', '\\dn+', '\\du', '\\dg', '\\dp', '\\z items', '\\dx', '\\dT',
  '\\do pg_catalog.||', '\\da pg_catalog.sum', '\\dC', '\\dD', '\\dE', '\\dF', '\\dL', '\\dO', '\\dP', '\\drds', '\\dRp', '\\des', '\\dew', '\\det', '\\dy', '\\dX', '\\ddp', '\\db', '\\dc', '\\dconfig work_mem',
  '\\dAc', '\\dAf', '\\dl', '\\l', '\\sf+ pg_catalog.lower(text)', '\\encoding',
];

export async function catalog(): Promise<object> {
  const { lines, errors } = await psql(COMMANDS.map((command) => `\\echo ${command}\n${command}\n`).join(''));
  return { lines, errors };
}
