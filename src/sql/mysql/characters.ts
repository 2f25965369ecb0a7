/** Classes of characters by their UTF-16 codes, as in strings/sql_chars.cc: init_state_maps. */

const IDENT = 1;
const DIGIT = 2;
const SPACE = 4;
const CLASSES = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(128);
  for (let code = 0; code < 128; code++) {
    const character = String.fromCharCode(code);
    if (/[A-Za-z_$]/.test(character)) table[code] = IDENT;
    if (/[0-9]/.test(character)) table[code] = IDENT | DIGIT;
    if (/[ \t\n\v\f\r]/.test(character)) table[code] = SPACE;
  }
  return table;
}

/** May it stand in a name that isn't quoted? Beyond ASCII, everything may. */
export const isIdent = (code: number): boolean => code >= 128 || ((CLASSES[code] ?? 0) & IDENT) !== 0;
export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
export const isSpace = (code: number): boolean => code < 128 && ((CLASSES[code] ?? 0) & SPACE) !== 0;
export const isHex = (code: number): boolean => isDigit(code) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x66);
/** Behind `--`: a blank or a control character; the end of the text is NUL at the servers. */
export const endsDashes = (code: number): boolean => Number.isNaN(code) || code <= 0x20 || code === 0x7f;
