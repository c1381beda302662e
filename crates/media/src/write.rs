use std::io::{self, Seek, SeekFrom, Write};

use offhook_audio::{RATE, g711};

/// How a WAV file stores samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WavEncoding {
    /// 16-bit linear PCM: 16 kB a second.
    #[default]
    S16,
    /// ITU-T G.711 µ-law: 8 kB a second, as on the telephone network.
    Ulaw,
}

/// Writes 8 kHz mono WAV, piece by piece, to anything: the header says that the length is unknown until
/// [`Self::finish`] corrects it, which needs a target that can seek.
pub struct WavWriter<W: Write> {
    target: W,
    encoding: WavEncoding,
    data_bytes: u64,
    buffer: Vec<u8>,
}

impl<W: Write> WavWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the target returns.
    pub fn new(mut target: W, encoding: WavEncoding) -> io::Result<Self> {
        target.write_all(&header(encoding, u32::MAX))?;
        Ok(Self { target, encoding, data_bytes: 0, buffer: Vec::new() })
    }

    /// Appends samples, 8,000 a second.
    ///
    /// # Errors
    /// What the target returns.
    pub fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        self.buffer.clear();
        match self.encoding {
            WavEncoding::S16 => self.buffer.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
            WavEncoding::Ulaw => self.buffer.extend(samples.iter().map(|&sample| g711::encode_ulaw(sample))),
        }
        self.target.write_all(&self.buffer)?;
        self.data_bytes += self.buffer.len() as u64;
        Ok(())
    }

    /// Ends the file as it is and gives the target back; readers take the audio to reach to the end of the file.
    ///
    /// # Errors
    /// What the target returns on the last flush.
    pub fn finish_unseekable(mut self) -> io::Result<W> {
        self.target.flush()?;
        Ok(self.target)
    }
}

impl<W: Write + Seek> WavWriter<W> {
    /// Ends the file, writes its true length into the header and gives the target back.
    ///
    /// # Errors
    /// What the target returns.
    pub fn finish(mut self) -> io::Result<W> {
        if self.data_bytes % 2 == 1 {
            self.target.write_all(&[0])?;
        }
        let bytes = u32::try_from(self.data_bytes).unwrap_or(u32::MAX);
        let end = self.target.stream_position()?;
        let written = header(self.encoding, 0).len() as u64 + self.data_bytes + self.data_bytes % 2;
        self.target.seek(SeekFrom::Start(end.saturating_sub(written)))?;
        self.target.write_all(&header(self.encoding, bytes))?;
        self.target.seek(SeekFrom::Start(end))?;
        self.finish_unseekable()
    }
}

impl<W: Write> std::fmt::Debug for WavWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WavWriter").field("encoding", &self.encoding).field("data_bytes", &self.data_bytes).finish()
    }
}

/// A whole WAV file of these samples, 8,000 a second, mono.
pub fn wav_bytes(samples: &[i16], encoding: WavEncoding) -> Vec<u8> {
    let bytes_each = if encoding == WavEncoding::S16 { 2 } else { 1 };
    let data_bytes = samples.len() * bytes_each;
    let mut file = header(encoding, u32::try_from(data_bytes).unwrap_or(u32::MAX));
    file.reserve(data_bytes + 1);
    match encoding {
        WavEncoding::S16 => file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes())),
        WavEncoding::Ulaw => file.extend(samples.iter().map(|&sample| g711::encode_ulaw(sample))),
    }
    file.resize(file.len() + data_bytes % 2, 0);
    file
}

/// The header for so many bytes of audio; `u32::MAX` where that is not known. µ-law gets the longer format chunk and
/// the `fact` chunk that the format asks of all but PCM.
fn header(encoding: WavEncoding, data_bytes: u32) -> Vec<u8> {
    let known = data_bytes != u32::MAX;
    let (tag, width) = match encoding {
        WavEncoding::S16 => (1u16, 2u16),
        WavEncoding::Ulaw => (7, 1),
    };
    let mut rest = b"WAVEfmt ".to_vec();
    rest.extend(if encoding == WavEncoding::S16 { 16u32 } else { 18 }.to_le_bytes());
    rest.extend(tag.to_le_bytes());
    rest.extend(1u16.to_le_bytes());
    rest.extend(RATE.to_le_bytes());
    rest.extend((RATE * u32::from(width)).to_le_bytes());
    rest.extend(width.to_le_bytes());
    rest.extend((width * 8).to_le_bytes());
    if encoding != WavEncoding::S16 {
        rest.extend(0u16.to_le_bytes());
        rest.extend(b"fact");
        rest.extend(4u32.to_le_bytes());
        rest.extend(if known { data_bytes / u32::from(width) } else { u32::MAX }.to_le_bytes());
    }
    rest.extend(b"data");
    rest.extend(data_bytes.to_le_bytes());
    let riff = (rest.len() as u32).saturating_add(data_bytes).saturating_add(if known { data_bytes % 2 } else { 0 });
    let mut header = b"RIFF".to_vec();
    header.extend(riff.to_le_bytes());
    header.extend(rest);
    header
}
