"""The structure of a database as text, to compare two: everything that a migration can make, in PostgreSQL's words."""

from typing import Final

from sqlalchemy import Connection, text

_TABLES: Final = """
SELECT 'table', c.relname, c.relkind, c.relowner::regrole, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
    (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(c.relacl) AS a)
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace
"""
_COLUMNS: Final = """
SELECT 'column', a.attrelid::regclass, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, a.attgenerated, (SELECT array_agg(x::text ORDER BY x::text) FROM unnest(a.attacl) AS x),
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
"""
_CONSTRAINTS: Final = """
SELECT 'constraint', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""
_INDEXES: Final = "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
_TRIGGERS: Final = """
SELECT 'trigger', tgrelid::regclass, tgname, tgenabled, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
"""
_FUNCTIONS: Final = """
SELECT 'function', oid::regprocedure, proowner::regrole, pg_get_functiondef(oid),
    (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(proacl) AS a)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
"""
_POLICIES: Final = """
SELECT 'policy', tablename, policyname, permissive, roles, cmd, qual, with_check FROM pg_policies
"""
_SCHEMA: Final = """
SELECT 'schema', nspname, nspowner::regrole, (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(nspacl) AS a)
FROM pg_namespace WHERE nspname = 'public'
"""
_DEFAULT_RIGHTS: Final = """
SELECT 'default right', defaclrole::regrole, defaclnamespace, defaclobjtype,
    (SELECT array_agg(a::text ORDER BY a::text) FROM unnest(defaclacl) AS a)
FROM pg_default_acl
"""
_EXTENSIONS: Final = "SELECT 'extension', extname FROM pg_extension"


def structure(connection: Connection) -> list[str]:
    """One line for each thing in the schema `public`, sorted."""
    queries = (
        *(_TABLES, _COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS),
        *(_FUNCTIONS, _POLICIES, _SCHEMA, _DEFAULT_RIGHTS, _EXTENSIONS),
    )
    return sorted(repr(tuple(map(str, row))) for query in queries for row in connection.execute(text(query)))
