import { type Logger, pino } from 'pino';

/** Names under which a secret could come along in logged objects. */
const SECRETS = ['password', 'token', 'secret', 'authorization', 'secretKey', 'verifier', 'verifiers', '*.password', '*.token', '*.secret', '*.authorization', '*.secretKey', '*.verifier', '*.verifiers', 'err.parameters'];

/** JSON lines on standard error: standard output belongs to commands. */
export function createLog(level: string = process.env['COUNTERSIGN_LOG'] ?? 'info'): Logger {
  return pino({ level, base: null, redact: SECRETS }, pino.destination({ fd: 2, sync: true }));
}
