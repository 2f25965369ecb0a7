import { type Command, Option } from 'commander';
import { loadConfig } from '../config/load.ts';
import { PROCESS_ROLES, type ProcessRole } from '../config/role.ts';
import { systemClock } from '../runtime/clock.ts';
import { createLog } from '../runtime/log.ts';

/** `serve --config FILE`: runs until SIGTERM or SIGINT; SIGHUP reads the policies again. */
export function serveCommand(program: Command): void {
  program.command('serve').description('run the proxy')
    .requiredOption('--config <file>', 'countersign.yaml')
    .addOption(new Option('--role <role>', 'only hold statements, or only take decisions').choices(PROCESS_ROLES).default('all'))
    .action(async ({ config: file, role }: { config: string; role: ProcessRole }) => {
      const log = createLog();
      const config = await loadConfig(file);
      // Only now: it brings Slack's and Teams' libraries, which no other command needs.
      const { startProxy } = await import('../proxy.ts');
      const proxy = await startProxy(config, log, systemClock, role);
      log.info({ role, postgres: proxy.postgres, http: proxy.http?.url }, 'countersign: ready');
      process.on('SIGHUP', () => void proxy.reloadPolicy());
      const signal = await new Promise<string>((resolve) => {
        process.once('SIGTERM', resolve);
        process.once('SIGINT', resolve);
      });
      log.info({ signal }, 'countersign: draining');
      // A second signal means now.
      process.once(signal, () => process.exit(130));
      await proxy.stop(signal);
      log.info('countersign: stopped');
    });
}
