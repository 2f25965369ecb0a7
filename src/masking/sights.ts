/** Stand-in until the real one is merged. */
import type { SensitiveColumns } from '../policy/model.ts';
import type { CatalogData } from '../sql/catalog.ts';
import type { Sight } from './sight.ts';

export class Sights {
  constructor(_: { readonly protocol: 'postgres' | 'mysql'; readonly hashKey: Buffer }) {}

  sight(_catalog: CatalogData, _version: number, _policy: { readonly version: string; readonly sensitive: readonly SensitiveColumns[] }, _agent: { readonly groups: readonly string[] }, _extra?: readonly SensitiveColumns[]): Sight | undefined {
    return undefined;
  }
}
