//! Bytes of a recording or a live stream to 16-bit mono PCM at 8 kHz, piece by piece:
//!
//! ```
//! use offhook_media::{DecodeOptions, Decoder, MediaError, WavEncoding, wav_bytes};
//!
//! # fn main() -> Result<(), MediaError> {
//! # let source = std::io::Cursor::new(wav_bytes(&[0; 8_000], WavEncoding::Ulaw));
//! let mut decoder = Decoder::open(source, &DecodeOptions::default())?; // any `Read`: a file, standard input, a socket
//! let mut samples = 0;
//! while let Some(piece) = decoder.next_piece()? {
//!     samples += piece.len(); // in place of this, `detector.push(piece)`
//! }
//! for warning in decoder.warnings() {
//!     eprintln!("{warning}");
//! }
//! # assert_eq!(samples, 8_000);
//! # Ok(())
//! # }
//! ```
//!
//! What a source is, its content tells, never its name:
//!
//! | Container | What is in it |
//! |---|---|
//! | WAV: RIFF, RIFX, RF64, plain or extensible | PCM of 8, 16, 24, 32 bits; float of 32, 64 bits; µ-law; A-law |
//! | AU (`.snd`) | PCM of 8, 16, 24, 32 bits; float of 32, 64 bits; µ-law; A-law |
//! | MP3 | MPEG-1, 2 and 2.5 layer III, with or without ID3v2 tags |
//! | Ogg, WebM | Opus |
//! | none | 16-bit PCM of either byte order, µ-law, A-law: named by a [`RawFormat`], or guessed |
//!
//! All of them mono or stereo ([`Channel`]) and, where the codec has a rate, of 8 to 48 kHz. The source need not seek
//! and may be endless; WAV headers written before the length was known are taken as they are meant.
//!
//! A source that is cut off midway gives what is there and a [`Warning::Truncated`]; one that ends before its first
//! sample is an error. Packets that cannot be decoded are replaced by concealment or silence of the same length, so
//! that media time stays true, and counted in [`Warning::DamagedPackets`]. A panic in one of the libraries behind this
//! crate becomes [`MediaError::Corrupt`], in builds that unwind.
//!
//! Guessing headerless audio looks at up to 64 KiB first; name the format of live raw streams, for their delay's sake.
//! It refuses what is not clearly audio, but uncompressed pictures can be as smooth as sound. It takes 16-bit audio to be
//! sampled at 16 kHz if the upper half of its band is all but empty, and at 8 kHz if not: wideband recordings without a
//! header need their rate named.

mod au;
mod budget;
mod decoder;
mod ebml;
mod error;
mod guess;
mod info;
mod mp3;
mod mpeg_header;
mod options;
mod opus;
mod origin;
mod packets;
mod pcm;
mod sniff;
mod source;
mod wav;
mod write;

pub use decoder::{Decoder, Recording, decode, decode_file};
pub use error::{ErrorKind, MediaError};
pub use info::{Codec, Container, Encoding, StreamInfo, Warning};
pub use options::{Channel, DecodeOptions, RawEncoding, RawFormat};
pub use write::{WavEncoding, WavWriter, wav_bytes};
