//! What was recorded, on disk, until the database has it.
//!
//! An entry is safe once [`Journal::append`] returns. The writer then reads it from there, so that however long the
//! database is away, what waits is on disk and not in memory, and what a dead process left is read the same way.

mod folder;
mod frame;
mod pen;
mod tail;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};

use tokio::sync::{oneshot, watch};

use super::progress::Progress;
use folder::Run;
use pen::{Order, Pen, Written};

pub(super) use tail::{Chunk, Ended};

/// A segment that is all in the database is left for another once it is this long, in bytes.
const LONG: u64 = 256 << 10;

/// The journal of this process.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    run: Arc<Run>,
    orders: mpsc::Sender<Order>,
    written: watch::Receiver<Written>,
    progress: Arc<Progress>,
}

impl Journal {
    /// Begins a run in this folder. With `sync`, entries are safe from a loss of power too.
    pub(super) fn begin(folder: &Path, sync: bool, progress: Arc<Progress>) -> io::Result<Self> {
        let run = Arc::new(folder::begin(folder)?);
        let (orders, taken) = mpsc::channel();
        let written = watch::Sender::new(Written::default());
        let reader = written.subscribe();
        let pen = Pen { run: Arc::clone(&run), sync, written, progress: Arc::clone(&progress), file: None };
        std::thread::Builder::new().name("journal".into()).spawn(move || pen.work(&taken))?;
        Ok(Self { folder: folder.to_owned(), run, orders, written: reader, progress })
    }

    /// Appends an entry, and returns once it is safe.
    pub(super) async fn append(&self, entry: &[u8]) -> io::Result<()> {
        let mut frame = Vec::with_capacity(entry.len() + frame::HEADER);
        if !frame::push(&mut frame, entry) {
            let why = format!("an entry of {} bytes, allowed is 1 to {}", entry.len(), frame::LONGEST);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let (done, answer) = oneshot::channel();
        let gone = |_| io::Error::other("the journal is not written any more");
        self.orders.send(Order::Append(frame, done)).map_err(|_| gone(()))?;
        answer.await.unwrap_or_else(|_| Err(gone(())))
    }

    /// What this process writes, for the writer.
    pub(super) fn own(&self) -> Own {
        Own { journal: self.clone(), segment: 0, from: 0 }
    }

    /// Takes over what dead processes left.
    pub(super) async fn take_over(&self) -> io::Result<Vec<Left>> {
        let (folder, progress) = (self.folder.clone(), Arc::clone(&self.progress));
        let looking = tokio::task::spawn_blocking(move || Self::look(&folder, &progress));
        looking.await.unwrap_or_else(|_| Err(io::Error::other("the runtime is stopping")))
    }

    fn look(folder: &Path, progress: &Arc<Progress>) -> io::Result<Vec<Left>> {
        let mut all = Vec::new();
        for dead in folder::take_over(folder)? {
            for path in &dead.segments {
                progress.took_over(tail::count(path, 0)?);
            }
            if !dead.segments.is_empty() {
                tracing::info!(segments = dead.segments.len(), "the journal of a process that died is taken over");
            }
            let (segments, progress) = (dead.segments.into(), Arc::clone(progress));
            all.push(Left { run: dead.run, segments, from: 0, progress });
        }
        Ok(all)
    }
}

/// What a dead process left.
#[derive(Debug)]
pub(super) struct Left {
    run: Run,
    segments: VecDeque<PathBuf>,
    from: u64,
    progress: Arc<Progress>,
}

impl Left {
    /// The next entries, at most so many; `None` when there are no more.
    pub(super) async fn read(&self, most: usize) -> io::Result<Option<Chunk>> {
        let Some(path) = self.segments.front() else { return Ok(None) };
        read(path.clone(), self.from, None, most).await.map(Some)
    }

    /// The entries of this chunk are in the database.
    pub(super) fn done(&mut self, chunk: &Chunk) -> io::Result<()> {
        self.from = chunk.next;
        if let (Some(ended), Some(path)) = (chunk.ended, self.segments.front()) {
            self.progress.done(put_away(path, self.from, ended)?, false);
            self.segments.pop_front();
            self.from = 0;
        }
        Ok(())
    }

    /// Every segment is in the database.
    pub(super) fn end(self) -> io::Result<()> {
        self.run.end()
    }
}

/// Where the writer is in what this process writes.
#[derive(Debug)]
pub(super) struct Own {
    journal: Journal,
    segment: u64,
    from: u64,
}

impl Own {
    /// The next entries, at most so many; `None` when there are none yet.
    pub(super) async fn read(&self, most: usize) -> io::Result<Option<Chunk>> {
        let written = *self.journal.written.borrow();
        let path = self.journal.run.segment(self.segment);
        if written.segment > self.segment {
            return read(path, self.from, None, most).await.map(Some);
        }
        if written.length <= self.from {
            return Ok(None);
        }
        let mut chunk = read(path, self.from, Some(written.length), most).await?;
        chunk.ended = None;
        if chunk.entries.is_empty() {
            // Damaged under our hands. Once it is no longer written to it is put away.
            self.turn();
            return Ok(None);
        }
        Ok(Some(chunk))
    }

    /// The entries of this chunk are in the database.
    pub(super) fn done(&mut self, chunk: &Chunk) -> io::Result<()> {
        self.from = chunk.next;
        if let Some(ended) = chunk.ended {
            let unread = put_away(&self.journal.run.segment(self.segment), self.from, ended)?;
            self.journal.progress.done(unread, true);
            self.segment += 1;
            self.from = 0;
        }
        Ok(())
    }

    /// Asks for another segment if all of this one is in the database and it is worth it: it is long, or nothing comes.
    /// Once that is begun, this one is read to its end and removed.
    pub(super) fn tidy(&self, idle: bool) {
        let written = *self.journal.written.borrow();
        let all = written.segment == self.segment && written.length == self.from;
        if all && self.from > 0 && (idle || self.from >= LONG) {
            self.turn();
        }
    }

    /// Whether nothing is left of what this process wrote.
    pub(super) fn is_tidy(&self) -> bool {
        let written = *self.journal.written.borrow();
        self.from == 0 && written == Written { segment: self.segment, length: 0 }
    }

    fn turn(&self) {
        // An error says that the pen is gone, and with it whatever could be tidied.
        let _ = self.journal.orders.send(Order::Turn);
    }

    /// Waits for more to be written.
    pub(super) async fn more(&mut self) {
        if self.journal.written.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Gives up the run: nothing is written any more and nothing is left.
    pub(super) fn end(&self) -> io::Result<()> {
        self.journal.run.end()
    }
}

async fn read(path: PathBuf, from: u64, until: Option<u64>, most: usize) -> io::Result<Chunk> {
    let reading = tokio::task::spawn_blocking(move || tail::read(&path, from, until, most));
    reading.await.unwrap_or_else(|_| Err(io::Error::other("the runtime is stopping")))
}

/// Removes a segment that is in the database. A damaged one stays for people to look at, under another name; tells how many
/// entries it has from `from` on that nobody will read.
fn put_away(path: &Path, from: u64, ended: Ended) -> io::Result<u64> {
    match ended {
        Ended::Whole => {}
        Ended::Torn(bytes) => {
            tracing::warn!(
                bytes,
                segment = %path.display(),
                "the end of the journal is torn: a record was being written when the process died, and was not yet safe"
            );
        }
        Ended::Damaged(bytes) => {
            tracing::error!(bytes, segment = %path.display(), "the journal is damaged: what follows cannot be read");
            let unread = tail::count(path, from)?;
            return std::fs::rename(path, path.with_extension("damaged")).map(|()| unread);
        }
    }
    std::fs::remove_file(path).map(|()| 0)
}
