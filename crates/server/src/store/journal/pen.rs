//! Appends to the journal: one thread writes what came in together, with one write and, if asked for, one sync.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;

use tokio::sync::{oneshot, watch};

use super::folder::Run;
use crate::store::progress::Progress;

/// A segment that is this long is followed by another.
const SEGMENT: u64 = 4 << 20;

/// How many appends are written together.
const TOGETHER: usize = 256;

/// What the pen is asked to do.
#[derive(Debug)]
pub(super) enum Order {
    /// Append this frame and say when it is safe.
    Append(Vec<u8>, oneshot::Sender<io::Result<()>>),
    /// Begin another segment, if there is anything in this one.
    Turn,
}

/// How far the journal is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    /// The segment that is written to; all before it are done.
    pub(super) segment: u64,
    /// How much of it is whole frames.
    pub(super) length: u64,
}

/// The one that writes.
#[derive(Debug)]
pub(super) struct Pen {
    /// The run it writes for.
    pub(super) run: Arc<Run>,
    /// Wait for the disk before anything is called safe.
    pub(super) sync: bool,
    /// Told how far it is.
    pub(super) written: watch::Sender<Written>,
    /// Told how many entries it wrote.
    pub(super) progress: Arc<Progress>,
    /// The segment, once there is something in it.
    pub(super) file: Option<File>,
}

impl Pen {
    /// Writes until nobody can give orders any more.
    pub(super) fn work(mut self, orders: &mpsc::Receiver<Order>) {
        while let Ok(first) = orders.recv() {
            let mut frames = Vec::new();
            let mut waiting = Vec::new();
            let mut turn = false;
            for order in std::iter::once(first).chain(orders.try_iter().take(TOGETHER)) {
                match order {
                    Order::Append(frame, done) => {
                        frames.extend_from_slice(&frame);
                        waiting.push(done);
                    }
                    Order::Turn => turn = true,
                }
            }
            if !waiting.is_empty() {
                self.append(&frames, waiting);
            }
            if turn || self.written.borrow().length >= SEGMENT {
                self.turn();
            }
        }
    }

    fn append(&mut self, frames: &[u8], waiting: Vec<oneshot::Sender<io::Result<()>>>) {
        let result = self.write(frames);
        if let Err(error) = &result {
            tracing::error!(%error, "the journal cannot be written");
            self.undo();
        } else {
            self.progress.appended(waiting.len() as u64);
            self.written.send_modify(|written| written.length += frames.len() as u64);
        }
        for done in waiting {
            // An error says that whoever asked has stopped waiting; the entry is safe all the same.
            let _ = done.send(match &result {
                Ok(()) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            });
        }
    }

    fn write(&mut self, frames: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            nothing => {
                let path = self.run.segment(self.written.borrow().segment);
                let file = OpenOptions::new().append(true).create_new(true).open(&path)?;
                let file = nothing.insert(file);
                if self.sync {
                    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
                }
                file
            }
        };
        file.write_all(frames)?;
        if self.sync { file.sync_data() } else { Ok(()) }
    }

    /// Takes back what was written in part; where even that fails, what follows goes to another segment.
    fn undo(&mut self) {
        let length = self.written.borrow().length;
        if let Some(file) = &self.file
            && let Err(error) = file.set_len(length)
        {
            tracing::error!(%error, "what was written in part cannot be taken back: another segment is begun");
            self.turn();
        }
    }

    fn turn(&mut self) {
        if self.file.take().is_some() {
            self.written.send_modify(|written| *written = Written { segment: written.segment + 1, length: 0 });
        }
    }
}
