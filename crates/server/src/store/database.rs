//! Opens the database, whichever it is, and brings its tables up to date.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyPool, Executor as _};

use super::StoreError;
use crate::config::{ServerConfig, StorageConfig};

/// How long a query waits for a connection before it fails.
const ACQUIRE: Duration = Duration::from_secs(5);

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// SQLite, in a file.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Database {
    /// The word for it: `sqlite` or `postgres`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }

    /// What begins a transaction that writes. SQLite must be told at once, or two that read first and write then cannot
    /// both go on.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            Self::Postgres => "BEGIN",
        }
    }
}

/// The folder of everything embedded, made if it is not there; nobody else may look into it then.
pub(crate) fn folder(config: &ServerConfig) -> Result<&Path, StoreError> {
    let folder = config.storage.folder.as_path();
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .recursive(true)
        .create(folder)
        .map_err(|source| StoreError::Folder { folder: folder.to_owned(), source })?;
    Ok(folder)
}

fn migrations() -> Migrator {
    let mut migrator = sqlx::migrate!();
    // A database that a newer version made has columns more, never fewer: an older version can go on beside it.
    migrator.set_ignore_missing(true);
    migrator
}

fn refuse(allowed: &'static str) -> StoreError {
    StoreError::Address { allowed }
}

/// The file of SQLite that is asked for; `None` for PostgreSQL.
fn file(storage: &StorageConfig) -> Result<Option<PathBuf>, StoreError> {
    let path = match storage.database.as_deref().unwrap_or_default() {
        "" => storage.folder.join("offhook.db"),
        text if text.starts_with("postgres://") || text.starts_with("postgresql://") => return Ok(None),
        text => {
            let path = text.strip_prefix("sqlite:").ok_or(refuse("postgres://… or sqlite:PATH"))?;
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
                return Err(refuse("sqlite: and the path of a file, without parameters"));
            }
            PathBuf::from(path)
        }
    };
    std::path::absolute(&path).map(Some).map_err(|source| StoreError::Folder { folder: path, source })
}

/// Checks, without making it, that there is a file to open; PostgreSQL is only asked when it is opened.
pub(super) fn there(storage: &StorageConfig) -> Result<(), StoreError> {
    match file(storage)? {
        Some(path) if !path.exists() => Err(StoreError::Absent { path }),
        _ => Ok(()),
    }
}

/// Which database is asked for, and its address as sqlx wants it.
fn address(storage: &StorageConfig) -> Result<(Database, String), StoreError> {
    let Some(path) = file(storage)? else {
        return Ok((Database::Postgres, storage.database.clone().unwrap_or_default()));
    };
    let text = path.to_str().ok_or(refuse("a path in UTF-8"))?;
    let mut url = "sqlite://".to_owned();
    for byte in text.bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => url.push(byte.into()),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok((Database::Sqlite, url + "?mode=rwc"))
}

/// Opens the database. Its tables are not looked at.
pub(super) async fn open(storage: &StorageConfig) -> Result<(Database, AnyPool), StoreError> {
    sqlx::any::install_default_drivers();
    let (database, url) = address(storage)?;
    let options: AnyConnectOptions = url.parse().map_err(|_| refuse("postgres://USER:PASSWORD@HOST:PORT/NAME"))?;
    let sync = storage.sync;
    let pool = AnyPoolOptions::new()
        .max_connections(storage.connections.max(2))
        .acquire_timeout(ACQUIRE)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if database == Database::Sqlite {
                    connection.execute("PRAGMA busy_timeout = 10000").await?;
                    connection.execute("PRAGMA journal_mode = WAL").await?;
                    connection.execute("PRAGMA foreign_keys = ON").await?;
                    let durable = if sync { "PRAGMA synchronous = FULL" } else { "PRAGMA synchronous = NORMAL" };
                    connection.execute(durable).await?;
                }
                Ok(())
            })
        })
        .connect_with(options)
        .await?;
    Ok((database, pool))
}

/// The names of the migrations that the database has not seen.
pub(super) async fn missing(pool: &AnyPool) -> Result<Vec<String>, StoreError> {
    let seen: Vec<i64> = match sqlx::query_scalar("SELECT version FROM _sqlx_migrations").fetch_all(pool).await {
        Ok(seen) => seen,
        // There is no such table: PostgreSQL's undefined_table, SQLite's SQLITE_ERROR.
        Err(sqlx::Error::Database(error)) if matches!(error.code().as_deref(), Some("42P01" | "1")) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let name = |version: i64, description: &str| format!("{version:04} {description}");
    Ok(migrations()
        .iter()
        .filter(|migration| !seen.contains(&migration.version))
        .map(|migration| name(migration.version, &migration.description))
        .collect())
}

/// Brings the tables up to date, and says which migrations that took. Only one process at a time does: PostgreSQL has
/// a lock for it, beside SQLite lies a file.
pub(super) async fn migrate(
    config: &ServerConfig,
    database: Database,
    pool: &AnyPool,
) -> Result<Vec<String>, StoreError> {
    let folder = folder(config)?.to_owned();
    let _lock = match database {
        Database::Postgres => None,
        Database::Sqlite => {
            let locked = tokio::task::spawn_blocking(move || {
                let lock = std::fs::File::create(folder.join("migrate.lock"));
                lock.and_then(|lock| lock.lock().map(|()| lock)).map_err(|source| StoreError::Folder { folder, source })
            });
            Some(locked.await.map_err(|_| StoreError::Closed)??)
        }
    };
    let missing = missing(pool).await?;
    migrations().run(pool).await?;
    Ok(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(database: Option<&str>) -> Result<(Database, String), StoreError> {
        address(&StorageConfig {
            folder: "/a b".into(),
            database: database.map(str::to_owned),
            ..StorageConfig::default()
        })
    }

    #[test]
    fn an_address_says_which_database() {
        assert_eq!(of(None).unwrap(), (Database::Sqlite, "sqlite:///a%20b/offhook.db?mode=rwc".into()));
        assert_eq!(of(Some("sqlite:/x/50%.db")).unwrap().1, "sqlite:///x/50%25.db?mode=rwc");
        assert_eq!(of(Some("sqlite:///x/é.db")).unwrap().1, "sqlite:///x/%C3%A9.db?mode=rwc");
        assert_eq!(of(Some("postgres://h/d")).unwrap(), (Database::Postgres, "postgres://h/d".into()));
        for wrong in ["mysql://h/d", "sqlite::memory:", "sqlite:", "sqlite:/x?mode=ro"] {
            assert!(matches!(of(Some(wrong)), Err(StoreError::Address { .. })), "{wrong}");
        }
    }
}
