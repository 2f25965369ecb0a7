/** Names and strings in texts that are made, whatever is in them. */

export const postgresName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Read the same under every standard_conforming_strings. */
export const postgresString = (text: string): string => (text.includes('\\') ? `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'` : `'${text.replaceAll("'", "''")}'`);

/** In backticks, which every sql_mode takes. */
export const mysqlName = (name: string): string => `\`${name.replaceAll('`', '``')}\``;
