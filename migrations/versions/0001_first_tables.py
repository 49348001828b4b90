"""The first tables"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# The audit log is added to and never changed; what is more than a year old may be deleted.
EVENTS_ARE_KEPT = {
    "sqlite": [
        """CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'events are never changed'); END""",
        """CREATE TRIGGER events_are_kept_a_year BEFORE DELETE ON events WHEN OLD.at > datetime('now', '-365 days')
        BEGIN SELECT RAISE(ABORT, 'events are kept for a year'); END""",
    ],
    "postgresql": [
        """CREATE FUNCTION keep_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF TG_OP = 'DELETE' AND OLD.at <= now() - interval '365 days' THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'events are never changed, and kept for a year'; END $$""",
        """CREATE TRIGGER events_are_kept BEFORE UPDATE OR DELETE ON events
        FOR EACH ROW EXECUTE FUNCTION keep_event()""",
        """CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION keep_event()""",
    ],
}


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=150), nullable=False),
        sa.Column("username_key", sa.String(length=150), nullable=False),
        sa.Column("name", sa.String(length=150), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_key", sa.String(length=254), nullable=False),
        sa.Column("email_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_email", sa.String(length=254), nullable=True),
        sa.Column("mobile", sa.String(length=16), nullable=True),
        sa.Column("mobile_confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_mobile", sa.String(length=16), nullable=True),
        sa.Column("reach_problem", sa.String(length=40), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_minimum", sa.Integer(), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("locked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "standing",
            sa.String(length=10),
            sa.Computed(
                "CASE WHEN NOT active THEN 'inactive' WHEN locked_at IS NOT NULL THEN 'locked'"
                " WHEN last_sign_in_at IS NULL THEN 'never used' ELSE 'used' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("name_order", sa.String(length=150), sa.Computed("lower(name)", persisted=True), nullable=False),
        sa.Column(
            "last_sign_in_order",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(last_sign_in_at, '1970-01-01 00:00:00.000000')", persisted=True),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("email_key", name=op.f("uq_accounts_email_key")),
        sa.UniqueConstraint("mobile", name=op.f("uq_accounts_mobile")),
        sa.UniqueConstraint("username_key", name=op.f("uq_accounts_username_key")),
    )
    op.create_index("ix_accounts_new_mobile", "accounts", ["new_mobile"])
    op.create_index("ix_accounts_name_order_id", "accounts", ["name_order", "id"])
    op.create_index("ix_accounts_last_sign_in_order_id", "accounts", ["last_sign_in_order", "id"])
    op.create_index("ix_accounts_standing_username_key", "accounts", ["standing", "username_key"])
    op.create_index("ix_accounts_standing_name_order_id", "accounts", ["standing", "name_order", "id"])
    op.create_index("ix_accounts_standing_last_sign_in_order_id", "accounts", ["standing", "last_sign_in_order", "id"])
    for order in ("username_key", "name_order", "last_sign_in_order"):
        op.create_index(
            f"ix_accounts_unreachable_{order}",
            "accounts",
            [order, "id"],
            sqlite_where=sa.text("reach_problem IS NOT NULL"),
            postgresql_where=sa.text("reach_problem IS NOT NULL"),
        )
    op.create_table(
        "account_words",
        sa.Column("word", sa.String(length=254, collation="C").with_variant(sa.String(254), "sqlite"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_words_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("word", "account_id", name=op.f("pk_account_words")),
    )
    op.create_index("ix_account_words_account_id_word", "account_words", ["account_id", "word"])
    op.create_table(
        "configuration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("minimum_password_length", sa.Integer(), nullable=False),
        sa.Column("minimum_applies_at_sign_in", sa.Boolean(), nullable=False),
        sa.Column("password_expiration_days", sa.Integer(), nullable=False),
        sa.Column("allow_password_change", sa.Boolean(), nullable=False),
        sa.Column("allow_password_reset", sa.Boolean(), nullable=False),
        sa.Column("trusted_browser_days", sa.Integer(), nullable=False),
        sa.Column("codes_used_percent", sa.Integer(), nullable=False),
        sa.Column("contact_name", sa.String(length=150), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "minimum_password_length BETWEEN 10 AND 128", name=op.f("ck_configuration_minimum_password_length")
        ),
        sa.CheckConstraint(
            "password_expiration_days BETWEEN 0 AND 3650", name=op.f("ck_configuration_password_expiration_days")
        ),
        sa.CheckConstraint("trusted_browser_days BETWEEN 1 AND 90", name=op.f("ck_configuration_trusted_browser_days")),
        sa.CheckConstraint("codes_used_percent BETWEEN 0 AND 100", name=op.f("ck_configuration_codes_used_percent")),
        sa.CheckConstraint("id = 1", name=op.f("ck_configuration_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_configuration")),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reference", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("asked_for", sa.String(length=254), nullable=False),
        sa.Column("message", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("destination", sa.String(length=254), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("last_digits", sa.String(length=4), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("browser", sa.String(length=43), nullable=False),
        sa.Column("browser_description", sa.String(length=150), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("explanation", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_deliveries_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("reference", name=op.f("uq_deliveries_reference")),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_deliveries_state_next_at", ["state", "next_at"], unique=False)
        batch_op.create_index("ix_deliveries_created_at_id", ["created_at", "id"], unique=False)
        for column in (
            "account_id",
            "state",
            "message",
            "channel",
            "provider",
            "country",
            "reason",
            "last_digits",
        ):
            batch_op.create_index(f"ix_deliveries_{column}_id", [column, "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("browser", sa.String(length=150), nullable=False),
        sa.Column("request_id", sa.String(length=32), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_events_account_id")),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name=op.f("fk_events_actor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_at_id", ["at", "id"], unique=False)
        batch_op.create_index("ix_events_kind_at_id", ["kind", "at", "id"], unique=False)
        batch_op.create_index("ix_events_account_id_at_id", ["account_id", "at", "id"], unique=False)
        batch_op.create_index("ix_events_actor_id_at_id", ["actor_id", "at", "id"], unique=False)

    op.create_table(
        "trusted_browsers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("browser", sa.String(length=43), nullable=False),
        sa.Column("description", sa.String(length=150), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("browsers_then", sa.Integer(), nullable=False),
        sa.Column("accounts_then", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_trusted_browsers_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trusted_browsers")),
        sa.UniqueConstraint("account_id", "browser", name=op.f("uq_trusted_browsers_account_id_browser")),
    )
    op.create_index("ix_trusted_browsers_browser", "trusted_browsers", ["browser"])
    op.create_index("ix_trusted_browsers_trusted_at", "trusted_browsers", ["trusted_at"])
    for name, column, condition in (
        ("more_browsers", "account_id", sa.text("browsers_then > 5")),
        ("more_accounts", "browser", sa.text("accounts_then > 3")),
    ):
        op.create_index(
            f"ix_trusted_browsers_{name}",
            "trusted_browsers",
            [column],
            sqlite_where=condition,
            postgresql_where=condition,
        )
    op.create_table(
        "dismissals",
        sa.Column("finding", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_dismissals_account_id")),
        sa.PrimaryKeyConstraint("finding", name=op.f("pk_dismissals")),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("provider_code", sa.String(length=40), nullable=False),
        sa.Column("provider_message_id", sa.String(length=80), nullable=False),
        sa.Column("explanation", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_attempts_delivery_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_attempts_delivery_id_number")),
    )
    op.create_index("ix_attempts_provider_finished_at", "attempts", ["provider", "finished_at"])
    op.create_index("ix_attempts_provider_message_id", "attempts", ["provider_message_id"])
    op.create_table(
        "tallies",
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("provider", sa.String(length=20), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("detail", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "minute", "counted", "channel", "provider", "country", "detail", name=op.f("pk_tallies")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pauses",
        sa.Column("queue", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_pauses_account_id")),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_pauses")),
    )
    op.execute(
        "INSERT INTO configuration (id, minimum_password_length, minimum_applies_at_sign_in, password_expiration_days,"
        " allow_password_change, allow_password_reset, trusted_browser_days, codes_used_percent, contact_name,"
        " contact_email, contact_phone, version)"
        " VALUES (1, 12, false, 0, true, true, 90, 50, '', '', '', 1)"
    )
    for statement in EVENTS_ARE_KEPT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("pauses")
    op.drop_table("tallies")
    op.drop_table("attempts")
    op.drop_table("dismissals")
    op.drop_table("trusted_browsers")
    op.drop_table("events")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION keep_event")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_deliveries_state_next_at")
        batch_op.drop_index("ix_deliveries_account_id_id")

    op.drop_table("deliveries")
    op.drop_table("configuration")
    op.drop_table("account_words")
    op.drop_table("accounts")
