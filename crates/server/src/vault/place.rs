//! Where recordings lie: a folder, or a bucket of an S3-compatible store.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, RetryConfig};
use uuid::Uuid;

use super::VaultError;
use crate::config::ServerConfig;

/// The ending of a recording's name.
const ENDING: &str = ".ohr";
/// The longest a request to the store may take, and how long it is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// The folder, where it is one, and the store.
type Place = (Option<PathBuf>, Arc<dyn ObjectStore>);

/// Opens the place that `storage.audio` names.
pub(super) fn open(config: &ServerConfig) -> Result<Place, VaultError> {
    let storage = &config.storage;
    let address = storage.audio.clone().unwrap_or_else(|| storage.folder.join("audio").display().to_string());
    let refuse = |field: &'static str, allowed| VaultError::Address { field, given: address.clone(), allowed };
    if let Some(bucket_and_prefix) = address.strip_prefix("s3://") {
        let (bucket, prefix) = bucket_and_prefix.split_once('/').unwrap_or((bucket_and_prefix, ""));
        if bucket.is_empty() {
            return Err(refuse("storage.audio", "s3://BUCKET/PREFIX"));
        }
        let prefix = Path::parse(prefix).map_err(|_| refuse("storage.audio", "s3://BUCKET/PREFIX"))?;
        let retry = RetryConfig { max_retries: 2, retry_timeout: PATIENCE, ..RetryConfig::default() };
        let mut builder =
            AmazonS3Builder::from_env().with_bucket_name(bucket).with_region(&storage.s3_region).with_retry(retry);
        let mut client = ClientOptions::new().with_timeout(PATIENCE).with_connect_timeout(PATIENCE / 2);
        if let Some(endpoint) = &storage.s3_endpoint {
            client = client.with_allow_http(endpoint.starts_with("http://"));
            builder = builder.with_endpoint(endpoint);
        }
        let store = builder.with_client_options(client).build()?;
        return Ok((None, Arc::new(PrefixStore::new(store, prefix))));
    }
    if address.contains("://") {
        return Err(refuse("storage.audio", "s3://BUCKET/PREFIX or a folder"));
    }
    std::fs::create_dir_all(&address).map_err(|source| VaultError::Folder { path: address.clone().into(), source })?;
    let store = LocalFileSystem::new_with_prefix(&address)?.with_automatic_cleanup(true);
    Ok((Some(address.into()), Arc::new(store)))
}

/// Deletes the files that [`LocalFileSystem`] writes to before it gives them their name: `NAME#NUMBER`.
pub(super) fn delete_drafts(folder: &std::path::Path, before: Timestamp) -> std::io::Result<u64> {
    let before = SystemTime::from(before);
    let mut deleted = 0;
    for day in std::fs::read_dir(folder)? {
        // A day may be gone by now: its last recording may have been deleted.
        let Ok(files) = std::fs::read_dir(day?.path()) else {
            continue;
        };
        for file in files.filter_map(Result::ok) {
            // Only drafts are asked for their age: a folder may hold very many recordings.
            if !is_draft(&file.file_name().to_string_lossy()) {
                continue;
            }
            if file.metadata().and_then(|about| about.modified()).is_ok_and(|written| written < before) {
                std::fs::remove_file(file.path())?;
                deleted += 1;
            }
        }
    }
    Ok(deleted)
}

fn is_draft(name: &str) -> bool {
    name.rsplit_once('#').is_some_and(|(name, number)| {
        name.ends_with(ENDING) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
    })
}

/// Where the recording of a call lies: by the day its name was made, so that what is old lies together.
pub(super) fn path_of(call: Uuid) -> Path {
    let day = day_of(made(call).unwrap_or(Timestamp::UNIX_EPOCH));
    Path::from_iter([day.to_string(), format!("{call}{ENDING}")])
}

/// The call whose recording lies there, if it is one.
pub(super) fn call_at(path: &Path) -> Option<Uuid> {
    path.filename()?.strip_suffix(ENDING)?.parse().ok()
}

/// When the name of a call was made: a UUID of version 7 tells.
pub(crate) fn made(call: Uuid) -> Option<Timestamp> {
    let (seconds, nanoseconds) = call.get_timestamp()?.to_unix();
    Timestamp::new(i64::try_from(seconds).ok()?, i32::try_from(nanoseconds).ok()?).ok()
}

/// The day, by universal time.
pub(crate) fn day_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recording_lies_by_its_day() {
        let call: Uuid = "019a9f0a-7c00-7000-8000-000000000001".parse().unwrap();
        let path = path_of(call);
        assert_eq!(path.as_ref(), format!("{}/{call}.ohr", day_of(made(call).unwrap())));
        assert_eq!(call_at(&path), Some(call));
        assert_eq!(call_at(&Path::from("2026-11-20/notes.txt")), None);
        assert_eq!(path_of(Uuid::nil()).as_ref(), format!("1970-01-01/{}.ohr", Uuid::nil()));
    }

    #[test]
    fn a_place_that_cannot_be_is_refused_by_name() {
        for given in ["s3://", "gs://bucket/x", "s3:///prefix"] {
            let mut config = ServerConfig::default();
            config.storage.audio = Some(given.into());
            let error = open(&config).unwrap_err().to_string();
            assert!(error.contains("storage.audio") && error.contains(given), "{error}");
        }
    }
}
