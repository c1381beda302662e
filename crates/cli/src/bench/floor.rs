//! What any detector costs at least: reading the samples, and counting their energy as Asterisk's does.

use std::hint::black_box;

/// Samples a packet: 20 ms.
pub(crate) const PACKET: usize = 160;

/// Mean amplitude, 16-bit, from which a packet counts as voice: Asterisk's default.
const THRESHOLD: u32 = 256;

/// The whole of a detector that counts energy: silence and voice so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct EnergyCounter {
    /// Milliseconds of silence since the last voice.
    pub(crate) silence_ms: u32,
    /// Milliseconds of voice in all.
    pub(crate) voice_ms: u32,
}

impl EnergyCounter {
    /// Counts one packet.
    pub(crate) fn push(&mut self, packet: &[i16]) {
        let sum: u32 = packet.iter().map(|sample| u32::from(sample.unsigned_abs())).sum();
        if sum / (packet.len().max(1) as u32) < THRESHOLD {
            self.silence_ms += 20;
        } else {
            self.silence_ms = 0;
            self.voice_ms += 20;
        }
    }
}

/// Counts the energy of `sound`, packet by packet.
pub(crate) fn count_energy(sound: &[i16]) {
    let mut counter = EnergyCounter::default();
    for packet in sound.chunks_exact(PACKET) {
        counter.push(black_box(packet));
    }
    black_box(counter);
}

/// Copies `sound`, packet by packet.
pub(crate) fn copy(sound: &[i16]) {
    let mut buffer = [0i16; PACKET];
    for packet in sound.chunks_exact(PACKET) {
        buffer.copy_from_slice(black_box(packet));
        black_box(&mut buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn energy_is_counted_by_packets() {
        let mut counter = EnergyCounter::default();
        for amplitude in [300, 255, 0, -256, 10] {
            counter.push(&[amplitude; PACKET]);
        }
        assert_eq!(counter, EnergyCounter { silence_ms: 20, voice_ms: 40 });
    }
}
