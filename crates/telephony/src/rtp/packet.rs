//! One packet of RTP.

/// The header's fixed part, in bytes.
const HEADER: usize = 12;

/// A packet of RTP (RFC 3550, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Whether something begins here: talk after silence, or an event.
    pub marker: bool,
    /// What the payload is, 0 to 127.
    pub payload_type: u8,
    /// Its number.
    pub sequence: u16,
    /// The instant of its first sample, in samples of its format.
    pub timestamp: u32,
    /// Who sends: SSRC.
    pub source: u32,
    /// What it carries.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads a packet, without its list of contributing sources, its extension and its padding.
    ///
    /// # Errors
    /// What RTP would have there.
    pub fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() else {
            return Err("an RTP packet of 12 bytes or more");
        };
        let &[flags, kind, s0, s1, t0, t1, t2, t3, i0, i1, i2, i3] = header;
        if flags >> 6 != 2 {
            return Err("RTP version 2");
        }
        let sources = usize::from(flags & 0x0f) * 4;
        let mut payload = rest.get(sources..).ok_or("as many contributing sources as the header says")?;
        if flags & 0x10 != 0 {
            let short = "an extension as long as it says";
            let &[_, _, l0, l1, ref extended @ ..] = payload else { return Err(short) };
            payload = extended.get(usize::from(u16::from_be_bytes([l0, l1])) * 4..).ok_or(short)?;
        }
        if flags & 0x20 != 0 {
            let padding = usize::from(payload.last().copied().unwrap_or_default());
            let length = payload.len().checked_sub(padding).filter(|_| padding > 0);
            payload = length.and_then(|length| payload.get(..length)).ok_or("padding as long as it says")?;
        }
        Ok(Self {
            marker: kind & 0x80 != 0,
            payload_type: kind & 0x7f,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            source: u32::from_be_bytes([i0, i1, i2, i3]),
            payload,
        })
    }

    /// The bytes to send: without contributing sources, extension or padding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        bytes.extend_from_slice(&[0x80, u8::from(self.marker) << 7 | self.payload_type & 0x7f]);
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.timestamp.to_be_bytes());
        bytes.extend_from_slice(&self.source.to_be_bytes());
        bytes.extend_from_slice(self.payload);
        bytes
    }
}
