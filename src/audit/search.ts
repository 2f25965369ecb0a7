import type { Found } from './find.ts';
import type { SearchQuery } from './query.ts';

export interface SearchPage extends Found {
  /** False while the index doesn't reach to the journal's end: the newest entries may be missing. */
  readonly complete: boolean;
}

/** Whatever keeps an index: a process of ours over SQLite. */
export interface AuditSearch {
  /** Throws BadSearch, or Failure `unavailable` when there is no answer. */
  search(query: SearchQuery): Promise<SearchPage>;
}
