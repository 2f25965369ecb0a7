/** What a server says beside rows may quote data: for statements that touch masked columns only what can't is passed on. Pure. */

import { ServerStatus } from './packets/capabilities.ts';
import type { ErrPacket } from './packets/err.ts';
import type { OkPacket } from './packets/ok.ts';
import { PacketReader } from './packets/reader.ts';
import { PacketWriter } from './packets/writer.ts';


export const SCRUBBED = 'the database reported an error about data that is masked';

/**
 * Errors whose messages hold names, numbers and fixed words, never values (mysql-server share/messages_to_clients.txt; MariaDB
 * sql/share/errmsg-utf8.txt). What isn't here may quote data: 1292 and 1366 do in so many words, 1690 shows the expression, 1644 says what a
 * routine has it say, 1105 and 1139 what a library said.
 */
const SAYS_NO_DATA: ReadonlySet<number> = new Set([
  // Connections, limits, the server's state.
  1037, 1038, 1040, 1041, 1042, 1043, 1044, 1045, 1047, 1053, 1104, 1152, 1153, 1158, 1159, 1160, 1161, 1184, 1203, 1205, 1206, 1207, 1213, 1226, 1290,
  1317, 1614, 1615, 1637, 1792, 1836, 1927, 1969, 3024, 3058, 3170, 3572, 4031,
  // Names of what isn't there, is there twice, or is ambiguous.
  1046, 1049, 1050, 1051, 1052, 1054, 1059, 1060, 1061, 1066, 1068, 1072, 1091, 1109, 1110, 1128, 1146, 1147, 1176, 1193, 1243, 1247, 1304, 1305, 1360, 1421, 1630, 1735,
  // Privileges.
  1142, 1143, 1211, 1227, 1370, 1410, 1419,
  // The shape of a statement.
  1048, 1055, 1056, 1057, 1058, 1062, 1064, 1065, 1090, 1093, 1096, 1111, 1120, 1136, 1137, 1140, 1149, 1166, 1172, 1210, 1221, 1222, 1234, 1235, 1237, 1238, 1241, 1242, 1248, 1249,
  1250, 1267, 1270, 1271, 1288, 1295, 1318, 1327, 1348, 1356, 1364, 1368, 1390, 1393, 1394, 1395, 1442, 1449, 1471, 1582, 1583, 1584, 1586, 3065, 3152,
  // Windows.
  3579, 3591, 3593, 3594, 3595, 4015, 4016,
  // Constraints, by name.
  1216, 1217, 1451, 1452, 1859, 3819, 4025,
]);

/** ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME: the value comes first. */
const DUPLICATE: ReadonlySet<number> = new Set([1062, 1586, 1859]);
/** ER_PARSE_ERROR, ER_SYNTAX_ERROR: they quote the text that ran, which isn't the agent's own. */
const SYNTAX: ReadonlySet<number> = new Set([1064, 1149]);
/** The key's name ends the message, in any language a server speaks. A value in front that is itself cut short would make it end otherwise. */
const KEY = /'([\w$.-]{1,200})'$/;
/** Messages are cut at 511 bytes: what ends a longer one may be part of a value. */
const WHOLE_MESSAGE = 480;

/** The message as whoever sees only masks may read it; it has no need to be changed when it is the same. */
export function scrubbedMessage(errno: number, message: string): string {
  if (!SAYS_NO_DATA.has(errno)) return SCRUBBED;
  if (SYNTAX.has(errno)) return 'You have an error in your SQL syntax';
  if (!DUPLICATE.has(errno)) return message;
  const key = Buffer.byteLength(message) < WHOLE_MESSAGE ? KEY.exec(message)?.[1] : undefined;
  return key === undefined ? 'Duplicate entry' : `Duplicate entry for key '${key}'`;
}

export function scrubbedError(error: ErrPacket): ErrPacket {
  return { ...error, message: scrubbedMessage(error.errno, error.message) };
}

/** `Rows matched: 1  Changed: 1  Warnings: 0`, `Records: 3  Duplicates: 0  Warnings: 0`: words and numbers. */
const COUNTS = /^(?:Rows matched|Records): \d+(?: {1,2}[A-Z][a-z]{1,15}: \d+)*$/;

/**
 * The OK without text that isn't a count, and without changes of a kind that isn't known here; undefined when there is nothing of that.
 */
export function scrubbedOk(payload: Buffer, { info, changes }: OkPacket): Buffer | undefined {
  const otherChanges = changes.some(({ kind }) => kind === 'other');
  const keepsInfo = info.length === 0 || COUNTS.test(info.toString('latin1'));
  if (keepsInfo && !otherChanges) return undefined;
  const reader = new PacketReader(payload);
  const writer = new PacketWriter(payload.length).int1(reader.int1()).lenencInt(reader.lenencBigInt()).lenencInt(reader.lenencBigInt());
  const status = reader.int2();
  const warnings = reader.int2();
  reader.lenencBytes();
  const rest = otherChanges ? Buffer.alloc(0) : reader.rest();
  writer.int2(rest.length === 0 ? status & ~ServerStatus.SessionStateChanged : status).int2(warnings);
  return writer.lenencString(keepsInfo ? info : '').put(rest).take();
}
