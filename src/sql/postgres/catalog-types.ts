/** SQL that finds the types in whose values somebody's code is hidden: a domain's check, a cast's function. */

/** OIDs below are given at initdb (FirstNormalObjectId, src/include/access/transam.h): nobody who merely connects can make one. */
export const FIRST_USER_OID = 16384;

/** The extension an object belongs to; `e` marks membership (catalog pg_depend). */
export const extensionOf = (catalog: string, oid: string): string => `
  (SELECT x.extname FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension x ON x.oid = d.refobjid
    WHERE d.classid = 'pg_catalog.${catalog}'::pg_catalog.regclass AND d.objid = ${oid}
      AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e' LIMIT 1)`;

/** What the values of a type are made of: a domain's base, elements, columns, bounds, and types that its check makes values of. */
const PARTS = `
  SELECT t.oid AS whole, t.typbasetype AS part FROM pg_catalog.pg_type t WHERE t.typbasetype <> 0
  UNION ALL SELECT t.oid, t.typelem FROM pg_catalog.pg_type t WHERE t.typelem <> 0
  UNION ALL SELECT c.reltype, a.atttypid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
             WHERE c.reltype <> 0 AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL SELECT r.rngtypid, r.rngsubtype FROM pg_catalog.pg_range r
  UNION ALL SELECT r.rngmultitypid, r.rngtypid FROM pg_catalog.pg_range r
  UNION ALL SELECT k.contypid, d.refobjid FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_depend d ON d.objid = k.oid
             WHERE k.contypid <> 0 AND d.refobjid <> k.contypid AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
               AND d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass`;

/** Casts whose function a user wrote; those of extensions are vetted with them. */
const CASTS = `
  SELECT k.castsource AS source, k.casttarget AS target, k.castcontext AS context, k.castfunc::pg_catalog.regproc::text AS function
    FROM pg_catalog.pg_cast k
   WHERE k.oid >= ${FIRST_USER_OID} AND k.castfunc >= ${FIRST_USER_OID}
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e WHERE e.classid = 'pg_catalog.pg_cast'::pg_catalog.regclass AND e.objid = k.oid AND e.deptype = 'e')`;

/**
 * The body of a WITH RECURSIVE: `dangerous (type, danger, culprit)`, where danger is `check` (making a value runs code), `cast`
 * (so may any use of a value) or `made` (so does a cast to it between two types that came with the server, which names it).
 * A domain's CHECK records what it calls beyond built-ins in pg_depend (built-ins are pinned and not recorded).
 */
export const DANGEROUS = `
  part (whole, part) AS (${PARTS}),
  user_cast AS (${CASTS}),
  dangerous (type, danger, culprit) AS (
    SELECT k.contypid, 'check', k.contypid::pg_catalog.regtype::text FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_depend d ON d.objid = k.oid
     WHERE k.contypid <> 0 AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
       AND d.refclassid IN ('pg_catalog.pg_proc'::pg_catalog.regclass, 'pg_catalog.pg_operator'::pg_catalog.regclass)
    UNION SELECT source, 'cast', function FROM user_cast WHERE source >= ${FIRST_USER_OID} OR target < ${FIRST_USER_OID} AND context <> 'e'
    UNION SELECT target, 'cast', function FROM user_cast WHERE target >= ${FIRST_USER_OID}
    UNION SELECT target, 'made', function FROM user_cast WHERE target < ${FIRST_USER_OID} AND source < ${FIRST_USER_OID}
    UNION SELECT p.whole, d.danger, d.culprit FROM dangerous d JOIN part p ON p.part = d.type WHERE d.danger <> 'made')`;
