//! Examples kept in a file, so that the same calls are not made twice.

use super::error::DataError;
use super::example::{CLASSES, Example, Frames};
use super::generation::Generation;
use super::voices::Voices;
use offhook_detect::analysers::{FEATURE_SET, MELS};
use offhook_sim::Label;
use std::io;
use std::path::Path;

/// The first bytes of the file; the number changes when the simulator makes other calls of the same configuration.
const MAGIC: &[u8; 8] = b"OHEXAMP1";

impl Generation {
    /// As [`Self::make`], with a copy in `folder`: read if it is there and was made with the same configuration and
    /// voices, else made and written. A damaged copy is made anew.
    ///
    /// # Errors
    /// As [`Self::make`], and if the copy cannot be written.
    pub fn make_cached(
        &self,
        voices: &Voices,
        folder: &Path,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Vec<Example>, DataError> {
        let key = format!("{FEATURE_SET} {:016x} {self:?}", voices.fingerprint());
        let path = folder.join(format!("examples-{:016x}.bin", fingerprint(key.bytes().map(u32::from))));
        let kept = std::fs::read(&path).ok().and_then(|bytes| unpack(&bytes, &key));
        if let Some(examples) = kept {
            let hops = examples.iter().map(|example| example.hops() as u64).sum();
            progress(hops, hops);
            return Ok(examples);
        }
        let examples = self.make(voices, progress)?;
        let file = |source: io::Error| DataError::File { path: path.clone(), action: "written", source };
        std::fs::create_dir_all(folder).map_err(file)?;
        // Under another name first: who reads meanwhile must not see half of it.
        let partial = path.with_extension("part");
        std::fs::write(&partial, pack(&examples, &key)).map_err(file)?;
        std::fs::rename(&partial, &path).map_err(file)?;
        Ok(examples)
    }
}

/// A number that stands for others (FNV-1a, 64 bits, a word at a time).
pub(super) fn fingerprint(words: impl Iterator<Item = u32>) -> u64 {
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| (hash ^ u64::from(word)).wrapping_mul(0x0100_0000_01b3))
}

fn pack(examples: &[Example], key: &str) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend(text.as_bytes());
    };
    let words = |bytes: &mut Vec<u8>, words: &[i16]| {
        bytes.extend((words.len() as u32).to_le_bytes());
        bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    };
    text(&mut bytes, key);
    bytes.extend((examples.len() as u32).to_le_bytes());
    for example in examples {
        for part in [example.label.name(), &example.speaker, &example.source, &example.language, &example.line] {
            text(&mut bytes, part);
        }
        bytes.extend(example.first_speech.unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend((example.targets.len() as u32).to_le_bytes());
        bytes.extend(&example.targets);
        words(&mut bytes, &example.frames.0);
        bytes.push(u8::from(example.samples.is_some()));
        words(&mut bytes, example.samples.as_deref().unwrap_or_default());
    }
    bytes
}

/// The examples, if these bytes are whole and were made for `key`.
fn unpack(bytes: &[u8], key: &str) -> Option<Vec<Example>> {
    let mut rest = Rest(bytes.strip_prefix(MAGIC)?);
    if rest.text()? != key {
        return None;
    }
    let count = rest.number()?;
    let mut examples = Vec::new();
    for _ in 0..count {
        examples.push(rest.example()?);
    }
    rest.0.is_empty().then_some(examples)
}

/// Bytes that are still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()? as usize;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }

    fn words(&mut self) -> Option<Vec<i16>> {
        let length = (self.number()? as usize).checked_mul(2)?;
        Some(self.take(length)?.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
    }

    fn example(&mut self) -> Option<Example> {
        let label: Label = self.text()?.parse().ok()?;
        let (speaker, source, language, line) = (self.text()?, self.text()?, self.text()?, self.text()?);
        let first = self.number()?;
        let hops = self.number()? as usize;
        let targets = self.take(hops)?.to_vec();
        let frames = Frames(self.words()?);
        let has_samples = self.take(1)? == [1];
        let samples = self.words()?;
        let whole = frames.0.len() == hops * MELS && targets.iter().all(|target| usize::from(*target) < CLASSES);
        whole.then_some(Example {
            frames,
            targets,
            label,
            first_speech: (first != u32::MAX).then_some(first),
            speaker,
            source,
            language,
            line,
            samples: has_samples.then_some(samples),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_files_of_the_same_key_are_read() {
        let example = Example {
            frames: Frames::new(&[0.5; 3 * MELS]),
            targets: vec![0, 1, 6],
            label: Label::Human,
            first_speech: Some(1),
            speaker: "s".into(),
            source: "é".into(),
            language: String::new(),
            line: "clean".into(),
            samples: Some(vec![1, -2, 3]),
        };
        let examples = vec![example.clone(), Example { samples: None, first_speech: None, ..example }];
        let bytes = pack(&examples, "key");
        assert_eq!(unpack(&bytes, "key"), Some(examples));
        assert_eq!(unpack(&bytes, "other"), None);
        for end in 0..bytes.len() {
            assert_eq!(unpack(&bytes[..end], "key"), None, "{end}");
        }
    }
}
