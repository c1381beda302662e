//! Calls as a table, for other programs: CSV, or Parquet.

mod parquet;
mod table;

use std::io::{self, Write};

use jiff::Timestamp;
use sqlx::{AnyPool, Row as _};

use self::parquet::ParquetTable;
use self::table::{COLUMNS, Cell};
use super::columns::{self, SUMMARY};
use super::condition::Conditions;
use super::cursor::Cursor;
use super::{StoreError, database};
use crate::config::ServerConfig;

/// How many calls are read at once.
const PAGE: usize = 2_000;

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// Comma-separated values (RFC 4180) with a line of names; what is not known is empty.
    Csv,
    /// Apache Parquet.
    Parquet,
}

/// Which calls are exported, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportQuery {
    /// How they are written.
    pub format: ExportFormat,
    /// Begun at this time or later.
    pub from: Option<Timestamp>,
    /// Begun before this time.
    pub to: Option<Timestamp>,
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The output cannot be written.
    #[error("the table cannot be written")]
    Output(#[from] io::Error),
    /// The output cannot be written as Parquet.
    #[error("the table cannot be written as Parquet")]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

impl From<sqlx::Error> for ExportError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Output(error.into())
    }
}

/// Writes the calls that the database holds, oldest first, a page at a time, and tells how many there were. The service
/// may go on beside it; calls that are in its journal are not in the database yet.
///
/// # Errors
/// The database is not there, cannot be opened or read, or is behind; the output cannot be written.
pub async fn export<W: Write + Send>(
    config: &ServerConfig,
    query: &ExportQuery,
    output: W,
) -> Result<u64, ExportError> {
    database::there(&config.storage)?;
    let (_, pool) = database::open(&config.storage).await?;
    let missing = database::missing(&pool).await?;
    if !missing.is_empty() {
        return Err(StoreError::Behind { missing }.into());
    }
    let result = match query.format {
        ExportFormat::Csv => to_csv(&pool, query, output).await,
        ExportFormat::Parquet => to_parquet(&pool, query, output).await,
    };
    pool.close().await;
    result
}

async fn to_csv<W: Write>(pool: &AnyPool, query: &ExportQuery, output: W) -> Result<u64, ExportError> {
    let mut table = csv::Writer::from_writer(output);
    table.write_record(COLUMNS.iter().map(|column| column.name))?;
    let mut pages = Pages::new(pool, query);
    while let Some(page) = pages.next().await? {
        for row in page {
            table.write_record(row.iter().map(Cell::to_string))?;
        }
    }
    table.flush()?;
    Ok(pages.count)
}

async fn to_parquet<W: Write + Send>(pool: &AnyPool, query: &ExportQuery, output: W) -> Result<u64, ExportError> {
    let mut table = ParquetTable::new(output)?;
    let mut pages = Pages::new(pool, query);
    while let Some(page) = pages.next().await? {
        table.write(page)?;
    }
    table.finish()?;
    Ok(pages.count)
}

/// Reads calls, oldest first.
struct Pages<'a> {
    pool: &'a AnyPool,
    conditions: Conditions,
    after: Option<Cursor>,
    count: u64,
}

impl<'a> Pages<'a> {
    fn new(pool: &'a AnyPool, query: &ExportQuery) -> Self {
        let mut conditions = Conditions::default();
        conditions.time(query.from, query.to);
        Self { pool, conditions, after: None, count: 0 }
    }

    async fn next(&mut self) -> Result<Option<Vec<Vec<Cell>>>, sqlx::Error> {
        let mut conditions = self.conditions.clone();
        if let Some(cursor) = self.after {
            conditions.after(cursor);
        }
        let tail = format!(" ORDER BY started, id LIMIT {PAGE}");
        let rows = conditions.query(SUMMARY, &tail).fetch_all(self.pool).await?;
        let mut page = Vec::with_capacity(rows.len());
        for row in &rows {
            let call = columns::summary(row)?;
            self.after = Some(Cursor { started: call.started.as_microsecond(), id: call.id });
            page.push(table::row(call, row.try_get("lost_ms")?));
        }
        self.count += page.len() as u64;
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}
