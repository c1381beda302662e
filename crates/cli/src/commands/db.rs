//! `offhook db`: the tables of the database, and calls as a table for other programs.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use offhook_server::ServerConfig;
use offhook_server::store::{self, ExportFormat, ExportQuery};

use crate::exit::Exit;
use crate::output::{self, Late};
use crate::settings::{Settings, SettingsArgs};
use crate::terminal;

/// Bring the database of the service up to date, or export its calls
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct DbArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Bring the tables up to date; several at once do no harm
    Migrate {
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Write the calls as a table, oldest first
    Export {
        /// How the table is written
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Only calls begun at this time or later: 2026-11-01, at midnight UTC, or 2026-11-01T08:00:00+01:00
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: Option<Timestamp>,
        /// Only calls begun before this time
        #[arg(long, value_name = "TIME", value_parser = time)]
        to: Option<Timestamp>,
        /// The file to write; standard output without it
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

#[derive(ValueEnum, Clone, Copy, Debug, Default)]
enum Format {
    /// Comma-separated values, with a line of names
    #[default]
    Csv,
    /// Apache Parquet
    Parquet,
}

const AFTER: &str = "\
Which database is meant is told by storage.database and storage.folder, as for `offhook serve`. The service may run meanwhile. It brings the tables up to date at start by itself, unless storage.migrate is false.

Examples:
  offhook db migrate --set storage.database=postgres://offhook@db/offhook
  offhook db export --from 2026-11-01 --to 2026-12-01 --output november.csv
  offhook db export --format parquet --output calls.parquet";

/// Reads a time, or a day, which begins at midnight UTC.
fn time(text: &str) -> Result<Timestamp, String> {
    let midnight = |day: Date| day.to_zoned(TimeZone::UTC).map(|time| time.timestamp()).ok();
    let time = text.parse().ok().or_else(|| text.parse().ok().and_then(midnight));
    time.ok_or_else(|| "allowed is a day, 2026-11-01, or a time, 2026-11-01T08:00:00Z".to_owned())
}

pub(crate) fn run(args: &DbArgs) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &args.action {
        Action::Migrate { settings } => runtime.block_on(migrate(&Settings::of_service(settings)?)),
        Action::Export { format, from, to, output, settings } => {
            let format = match format {
                Format::Csv => ExportFormat::Csv,
                Format::Parquet => ExportFormat::Parquet,
            };
            let query = ExportQuery { format, from: *from, to: *to };
            output::check("--output", output.as_deref(), &settings.config)?;
            runtime.block_on(export(&Settings::of_service(settings)?, &query, output.as_deref()))
        }
    }?;
    Ok(Exit::Done)
}

async fn migrate(config: &ServerConfig) -> Result<()> {
    let done = store::migrate(config).await?;
    let mut out = io::stdout().lock();
    for name in &done {
        writeln!(out, "done: {name}")?;
    }
    if done.is_empty() {
        writeln!(out, "the database is up to date")?;
    }
    Ok(())
}

async fn export(config: &ServerConfig, query: &ExportQuery, output: Option<&Path>) -> Result<()> {
    let Some(path) = output else {
        store::export(config, query, BufWriter::new(io::stdout())).await?;
        return Ok(());
    };
    let count = store::export(config, query, BufWriter::new(Late::new(path))).await?;
    terminal::tell(&format!("{count} calls written to {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_utc() {
        assert_eq!(time("2026-11-01"), time("2026-11-01T00:00:00Z"));
        assert_eq!(time("2026-11-01T08:00:00+01:00"), time("2026-11-01T07:00:00Z"));
        assert!(time("yesterday").is_err());
    }
}
