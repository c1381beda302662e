//! Which container a source is, by its first bytes.

use crate::mpeg_header::find_frames;
use crate::source::Source;
use crate::{Container, MediaError};

/// Bytes that the longest of the signatures needs.
const SIGNATURE: usize = 16;

/// How far into a stream the first MP3 frame may lie, as in a recording that was joined midway.
const JOINED_MIDWAY: usize = 4096;

/// Bytes in which three MP3 frames surely lie after that.
const MP3_WINDOW: usize = JOINED_MIDWAY + 3 * 1441;

/// What a source's first bytes say it is.
pub(crate) enum Signature {
    /// A container that is read here.
    Known(Container),
    /// A format that is not.
    Foreign(&'static str),
}

/// Looks at the first bytes for a container's signature; `None` if there is none.
pub(crate) fn signature(source: &mut Source) -> Result<Option<Signature>, MediaError> {
    let head = source.peek(SIGNATURE)?;
    if head.is_empty() {
        return Err(MediaError::Empty);
    }
    let is_at = |at: usize, tag: &[u8]| head.get(at..at + tag.len()) == Some(tag);
    let riff = is_at(0, b"RIFF") || is_at(0, b"RIFX") || is_at(0, b"RF64");
    if riff && (is_at(8, b"WAVE") || head.len() < 12) {
        return Ok(Some(Signature::Known(Container::Wav)));
    }
    let known = [
        (&b"OggS"[..], Container::Ogg),
        (b"\x1a\x45\xdf\xa3", Container::WebM),
        (b".snd", Container::Au),
        (b"ID3", Container::Mp3),
    ];
    if let Some((_, container)) = known.into_iter().find(|(tag, _)| is_at(0, tag)) {
        return Ok(Some(Signature::Known(container)));
    }
    let foreign = [
        (0, &b"RIFF"[..], "this kind of RIFF file"),
        (0, b"riff\x2e\x91\xcf\x11", "Sony Wave64"),
        (0, b"fLaC", "FLAC"),
        (0, b"FORM", "AIFF"),
        (0, b"caff", "Core Audio (CAF)"),
        (0, b"#!AMR", "AMR"),
        (0, b"#!SILK", "SILK"),
        (0, b"\x02#!SILK", "SILK"),
        (0, b"MThd", "MIDI"),
        (0, b"wvpk", "WavPack"),
        (4, b"ftyp", "MP4 or M4A"),
        (0, b"ADIF", "AAC"),
        (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
        (0, b"NIST_1A", "NIST SPHERE"),
        (0, b"PK\x03\x04", "a ZIP archive"),
        (0, b"\x89PNG", "a PNG picture"),
        // The start-of-image marker alone may as well be µ-law near silence.
        (6, b"JFIF\0", "a JPEG picture"),
        (6, b"Exif\0", "a JPEG picture"),
        (0, b"GIF8", "a GIF picture"),
        (0, b"\x7fELF", "an ELF program"),
        (0, b"MZ\x90\x00", "a Windows program"),
        (0, b"%PDF", "a PDF document"),
        (0, b"\x1f\x8b\x08", "a gzip archive"),
        (0, b"BZh", "a bzip2 archive"),
        (0, b"\xfd7zXZ\x00", "an xz archive"),
        (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
        (0, b"SQLite format 3", "an SQLite database"),
    ];
    Ok(foreign.into_iter().find(|(at, tag, _)| is_at(*at, tag)).map(|(_, _, name)| Signature::Foreign(name)))
}

/// Whether MP3 frames begin within the first few kilobytes.
pub(crate) fn is_mp3(source: &mut Source) -> Result<bool, MediaError> {
    Ok(find_frames(source.peek(MP3_WINDOW)?, JOINED_MIDWAY).is_some())
}

/// The codec of the first stream in an Ogg file, where its first page names one that is not read here.
pub(crate) fn foreign_ogg_codec(source: &mut Source) -> Result<Option<&'static str>, MediaError> {
    let head = source.peek(64)?;
    let packet = head.get(27 + usize::from(head.get(26).copied().unwrap_or(0))..).unwrap_or(&[]);
    let foreign = [
        (&b"\x01vorbis"[..], "Vorbis"),
        (b"\x7fFLAC", "FLAC"),
        (b"Speex   ", "Speex"),
        (b"\x80theora", "Theora video"),
    ];
    Ok(foreign.into_iter().find(|(tag, _)| packet.starts_with(tag)).map(|(_, name)| name))
}
