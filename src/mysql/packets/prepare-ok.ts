import { Malformed } from '../../framing/malformed.ts';
import { type Capabilities, Capability, has } from './capabilities.ts';
import { Header } from './frame.ts';
import { PacketReader } from './reader.ts';

/** COM_STMT_PREPARE_OK. MySQL documentation, "COM_STMT_PREPARE Response"; server: sql/protocol_classic.cc store_ps_status. */
export interface PrepareOk {
  readonly statementId: number;
  readonly columns: number;
  readonly parameters: number;
  readonly warnings: number;
  /** Do the definitions of parameters and columns follow? */
  readonly metadata: boolean;
}

export function decodePrepareOk(payload: Buffer, capabilities: Pick<Capabilities, 'flags'>): PrepareOk {
  const reader = new PacketReader(payload);
  if (reader.int1() !== Header.Ok) throw new Malformed('no COM_STMT_PREPARE_OK packet');
  const statementId = reader.int4();
  const columns = reader.int2();
  const parameters = reader.int2();
  reader.skip(1);
  const warnings = reader.remaining === 0 ? 0 : reader.int2();
  const metadata = !has(capabilities, Capability.OptionalResultsetMetadata) || reader.int1() !== 0;
  reader.finish();
  return { statementId, columns, parameters, warnings, metadata };
}
