import { ByteReader } from '../../framing/reader.ts';
import { HEADER_BYTES, message } from './frame.ts';

/** NotificationResponse: Byte1('A') Int32 Int32 (process) String (channel) String (payload). */
export function withoutPayload(bytes: Buffer, start: number, end: number): Buffer {
  const reader = new ByteReader(bytes, start + HEADER_BYTES, end);
  return message('A', reader.int32(), Buffer.concat([reader.cbytes(), Buffer.of(0, 0)]));
}
