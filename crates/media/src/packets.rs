use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use symphonia::core::errors::Error;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::packet::Packet;
use symphonia::default::formats::{MkvReader, MpaReader, OggReader};

use crate::budget::{Budget, BudgetedSource};
use crate::source::Source;
use crate::{Container, MediaError};

/// The packets of a container that a library takes apart. A panic in the library becomes [`MediaError::Corrupt`].
pub(crate) struct Packets {
    format: Box<dyn FormatReader>,
    container: Container,
    budget: Budget,
}

/// What follows in a container.
pub(crate) enum Step {
    Packet(Packet),
    /// New tracks begin, as in chained Ogg.
    NewTracks,
    /// The end, and whether it came before its time.
    End {
        cut_short: bool,
    },
}

impl Packets {
    /// Reads the container's header.
    pub(crate) fn open(source: Source, container: Container, limit: u64) -> Result<Self, MediaError> {
        let budget = Budget::new(limit, container == Container::WebM);
        let stream = BudgetedSource::new(source, budget.clone());
        let opened = guarded(container, || {
            let stream = MediaSourceStream::new(Box::new(stream), Default::default());
            let options = FormatOptions::default();
            Ok::<Box<dyn FormatReader>, Error>(match container {
                Container::Ogg => Box::new(OggReader::try_new(stream, options)?),
                Container::WebM => Box::new(MkvReader::try_new(stream, options)?),
                _ => Box::new(MpaReader::try_new(stream, options)?),
            })
        })?;
        match opened {
            Ok(format) => Ok(Self { format, container, budget }),
            Err(error) if is_end(&error) => Err(MediaError::Truncated { container, bytes: budget.taken() }),
            Err(error) => Err(translate(error, container, &budget)),
        }
    }

    pub(crate) fn tracks(&self) -> &[Track] {
        self.format.tracks()
    }

    pub(crate) fn container(&self) -> Container {
        self.container
    }

    pub(crate) fn bytes_taken(&self) -> u64 {
        self.budget.taken()
    }

    pub(crate) fn next(&mut self) -> Result<Step, MediaError> {
        self.budget.renew();
        match guarded(self.container, || self.format.next_packet())? {
            Ok(Some(packet)) => Ok(Step::Packet(packet)),
            Ok(None) => Ok(Step::End { cut_short: false }),
            Err(Error::ResetRequired) => Ok(Step::NewTracks),
            Err(error) if is_end(&error) => Ok(Step::End { cut_short: !self.budget.is_whole() }),
            Err(error) => Err(translate(error, self.container, &self.budget)),
        }
    }
}

/// Runs a library's code so that a panic in it stays here.
pub(crate) fn guarded<T>(container: Container, library: impl FnOnce() -> T) -> Result<T, MediaError> {
    catch_unwind(AssertUnwindSafe(library)).map_err(|_| MediaError::Corrupt {
        container,
        detail: "the decoder gave up on it (a fault in a library, worth reporting with the file)".into(),
    })
}

fn is_end(error: &Error) -> bool {
    matches!(error, Error::IoError(error) if error.kind() == ErrorKind::UnexpectedEof)
}

fn translate(error: Error, container: Container, budget: &Budget) -> MediaError {
    match error {
        Error::IoError(_) if budget.is_spent() => {
            let allowed = budget.allowed();
            MediaError::HeaderTooLarge { container, given: allowed.saturating_add(1), allowed }
        }
        Error::IoError(error) => MediaError::Io(error),
        Error::Unsupported(feature) => MediaError::UnsupportedCodec { container, codec: feature.into() },
        error => MediaError::Corrupt { container, detail: error.to_string() },
    }
}
