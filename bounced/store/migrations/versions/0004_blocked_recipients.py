"""The view ``blocked_recipients``: every block that stands now, with the words for Postfix.

The codes and the text are those of ``bounced.lookup.answer``; a test compares the two.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_COMMON = """
CREATE VIEW blocked_recipients AS
SELECT stream, key, address, since, expires_at, cause, evidence, status, reason,
       'REJECT ' || status || ' ' || reason AS action
FROM (
    SELECT stream, key, address, since, expires_at, cause, evidence,
        CASE cause
            WHEN 'mailbox_unknown' THEN '5.1.1'
            WHEN 'mailbox_disabled' THEN '5.2.1'
            WHEN 'mailbox_moved' THEN '5.1.6'
            WHEN 'mailbox_full' THEN '5.2.2'
            WHEN 'domain_unknown' THEN '5.1.2'
            WHEN 'domain_no_mail' THEN '5.1.10'
            WHEN 'server_down' THEN '5.4.1'
            WHEN 'server_error' THEN '5.3.0'
            WHEN 'message_too_large' THEN '5.2.3'
            WHEN 'unknown' THEN '5.1.0'
            ELSE '5.7.1'
        END AS status,
        CASE
            WHEN substr(key, 1, 1) = '@' THEN 'all of ' || substr(key, 2, {address})
            WHEN {unprintable_address} THEN 'this address'
            WHEN length(address) > {address} THEN '<' || substr(address, 1, {address} - 3) || '...>'
            ELSE '<' || address || '>'
        END
        || ' is blocked'
        || CASE WHEN since IS NULL THEN '' ELSE ' since ' || {since} END
        || CASE WHEN expires_at IS NULL THEN '' ELSE ' until ' || {expires_at} END
        || ': ' || coalesce(cause, 'by hand')
        || CASE
            WHEN coalesce(evidence, '') = '' OR length(address) > {with_evidence} THEN ''
            WHEN {unprintable_evidence} THEN ''
            WHEN length(evidence) > {evidence}
                THEN ' (' || substr(evidence, 1, {evidence} - 3) || '...)'
            ELSE ' (' || evidence || ')'
        END AS reason
    FROM recipients
    WHERE blocked AND (expires_at IS NULL OR expires_at > {now})
) AS standing
"""
_LENGTHS = {"address": "100", "evidence": "200", "with_evidence": "96"}
# SQLite keeps times as texts, in UTC, and compares them as such.
_SQLITE = {
    "now": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "since": "substr(since, 1, 10)",
    "expires_at": "substr(expires_at, 1, 10)",
    "unprintable_address": "address GLOB '*[^ -~]*'",
    "unprintable_evidence": "evidence GLOB '*[^ -~]*'",
}
_POSTGRESQL = {
    "now": "statement_timestamp()",
    "since": "to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "expires_at": "to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
    "unprintable_address": "address ~ '[^\\x20-\\x7e]'",
    "unprintable_evidence": "evidence ~ '[^\\x20-\\x7e]'",
}


def upgrade() -> None:
    """Create the view."""
    connection = op.get_bind()
    own = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    connection.exec_driver_sql(_COMMON.format(**_LENGTHS, **own))


def downgrade() -> None:
    """Drop the view."""
    op.execute("DROP VIEW blocked_recipients")
