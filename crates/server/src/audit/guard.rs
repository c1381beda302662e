//! Triggers that refuse to change or delete entries, in the words of each database.

use sqlx::AnyPool;
use sqlx::Connection as _;

/// `INSERT OR REPLACE` deletes without asking the trigger for deletions, hence the one for insertions.
const SQLITE: &str = "
CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER IF NOT EXISTS audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE node = NEW.node AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
";

/// Made once, by the first of several nodes that start at the same time.
const POSTGRES: &str = "
DO $once$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('offhook audit triggers'));
    IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = 'audit'::regclass AND tgname = 'audit_append_only') THEN
        CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $refuse$
        BEGIN
            RAISE EXCEPTION 'the audit log is append-only';
        END
        $refuse$;
        CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
            FOR EACH ROW EXECUTE FUNCTION audit_refuse();
        CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
            FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
    END IF;
END
$once$;
";

/// Makes the triggers if they are not there.
pub(super) async fn install(pool: &AnyPool) -> Result<(), sqlx::Error> {
    let mut connection = pool.acquire().await?;
    let words = if connection.backend_name() == "PostgreSQL" { POSTGRES } else { SQLITE };
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql(words).execute(&mut *transaction).await?;
    transaction.commit().await
}
