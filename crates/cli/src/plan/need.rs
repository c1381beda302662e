//! What a volume of calls needs, from what a load measured.

use serde::Serialize;

use crate::load::{LoadReport, Packets};

/// Bytes of a second of kept audio: G.711.
const KEPT_BYTES: f64 = 8_000.0;
/// Headers of TCP and IP around each packet: 20 bytes of IPv4, 20 of TCP and 12 of its timestamps.
const NETWORK_HEADERS: f64 = 52.0;
/// Header of a masked WebSocket frame of 126 to 65,535 bytes (RFC 6455, section 5.2).
const FRAME_HEADER: f64 = 8.0;
/// What a JSON chunk has besides its audio.
const JSON_CHUNK: f64 = 120.0;
const DAY: f64 = 86_400.0;

/// The calls.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Volume {
    /// Calls that begin in a second, in the busiest hour.
    pub(crate) calls_per_second: f64,
    /// How long each is listened to.
    pub(crate) seconds_per_call: f64,
    /// The share of the busiest rate that a day has on average, 0 to 1.
    pub(crate) mean_load: f64,
    /// The share of calls whose audio is kept, 0 to 1.
    pub(crate) audio_kept: f64,
    /// How long audio is kept, in days.
    pub(crate) audio_days: f64,
    /// How long records are kept, in days.
    pub(crate) record_days: f64,
    /// What a record takes in the database, in bytes.
    pub(crate) record_bytes: f64,
}

/// A machine, and how much of it may be used.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Machine {
    pub(crate) cores: u32,
    pub(crate) memory_gib: f64,
    /// The share of processor and memory that may be busy, 0 to 1.
    pub(crate) busy: f64,
    /// Machines that may fail at once.
    pub(crate) spare: u32,
}

/// What is needed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Need {
    /// Calls that go on at once, by Little's law.
    pub(crate) calls_at_once: f64,
    /// Processor cores that are busy with them.
    pub(crate) cores: f64,
    /// Memory of all processes, in GiB.
    pub(crate) memory_gib: f64,
    /// Calls at once that one machine bears, its headroom kept.
    pub(crate) calls_per_machine: f64,
    /// Machines, the spare ones with them.
    pub(crate) machines: u32,
    /// What comes in, in Mbit/s, with the headers of TCP and IP.
    pub(crate) network_mbit_s: f64,
    /// Records that are written in a second.
    pub(crate) writes_per_second: f64,
    /// What the database grows by in a day, and has at most, in GB.
    pub(crate) database_gb_day: f64,
    pub(crate) database_gb: f64,
    /// The same for kept audio.
    pub(crate) audio_gb_day: f64,
    pub(crate) audio_gb: f64,
}

/// What one machine must have for `volume`; `None` if the report has no figures of the service's process.
pub(crate) fn need(report: &LoadReport, volume: Volume, machine: Machine) -> Option<Need> {
    let server = report.server?;
    let core_a_call = server.cpu_percent_per_call / 100.0;
    let (fixed, a_call) = memory(report)?;
    let at_once = volume.calls_per_second * volume.seconds_per_call;
    let by_cores = f64::from(machine.cores) * machine.busy / core_a_call.max(f64::MIN_POSITIVE);
    let by_memory = (machine.memory_gib * machine.busy - fixed).max(0.0) / a_call.max(f64::MIN_POSITIVE);
    let calls_per_machine = by_cores.min(by_memory);
    let machines = (at_once / calls_per_machine).ceil().max(1.0) as u32;
    let machines = machines.saturating_add(machine.spare);
    let calls_a_day = volume.calls_per_second * volume.mean_load * DAY;
    let database_gb_day = calls_a_day * volume.record_bytes / 1e9;
    let audio_gb_day = calls_a_day * volume.audio_kept * volume.seconds_per_call * KEPT_BYTES / 1e9;
    Some(Need {
        calls_at_once: at_once,
        cores: at_once * core_a_call,
        memory_gib: at_once * a_call + f64::from(machines) * fixed,
        calls_per_machine,
        machines,
        network_mbit_s: at_once * bytes_a_second(report) * 8.0 / 1e6,
        writes_per_second: volume.calls_per_second,
        database_gb_day,
        database_gb: database_gb_day * volume.record_days,
        audio_gb_day,
        audio_gb: audio_gb_day * volume.audio_days,
    })
}

/// The least memory of a machine, in GiB, of which so much may be busy: the process and one call fit; `None` if the
/// report has no figures of the service's process.
pub(crate) fn least_memory(report: &LoadReport, busy: f64) -> Option<f64> {
    let (fixed, a_call) = memory(report)?;
    Some((fixed + a_call.max(gib(1.0))) / busy)
}

/// What the process takes before the first call, and what each call adds, in GiB.
fn memory(report: &LoadReport) -> Option<(f64, f64)> {
    let server = report.server?;
    Some((gib(server.rss_before? as f64), gib(server.bytes_per_call?)))
}

fn gib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 30)
}

/// What a stream takes of the network, packed as it was when it was measured.
fn bytes_a_second(report: &LoadReport) -> f64 {
    let samples = f64::from(report.packet_ms) * 8.0;
    let payload = match report.packets {
        Packets::Mulaw => samples,
        Packets::Linear16 => samples * 2.0,
        Packets::Json => samples * 2.0 * 4.0 / 3.0 + JSON_CHUNK,
    };
    (payload + FRAME_HEADER + NETWORK_HEADERS) * 1_000.0 / f64::from(report.packet_ms.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::ProcessFigures;

    fn report() -> LoadReport {
        let figures = ProcessFigures {
            cores: 1.0,
            cpu_percent_per_call: 0.1,
            rss_before: Some(1 << 26),
            rss: 1 << 28,
            rss_peak: 1 << 28,
            bytes_per_call: Some(102_400.0),
        };
        LoadReport { packet_ms: 20, server: Some(figures), ..LoadReport::default() }
    }

    const VOLUME: Volume = Volume {
        calls_per_second: 100.0,
        seconds_per_call: 20.0,
        mean_load: 0.5,
        audio_kept: 1.0,
        audio_days: 7.0,
        record_days: 90.0,
        record_bytes: 10_000.0,
    };
    const MACHINE: Machine = Machine { cores: 4, memory_gib: 8.0, busy: 0.5, spare: 1 };

    #[test]
    fn a_volume_is_worked_out_from_what_was_measured() {
        let need = need(&report(), VOLUME, MACHINE).unwrap();
        assert_eq!(need.calls_at_once, 2_000.0);
        assert!((need.cores - 2.0).abs() < 1e-9);
        // 4 cores, half busy, a thousandth of a core a call: 2,000 calls; one machine and one spare.
        assert_eq!((need.calls_per_machine.round(), need.machines), (2_000.0, 2));
        // 4.32 million calls a day.
        assert!((need.database_gb_day - 43.2).abs() < 1e-9 && (need.audio_gb_day - 691.2).abs() < 1e-9);
        // 220 bytes, 50 times a second, 2,000 times.
        assert!((need.network_mbit_s - 176.0).abs() < 1e-9);
    }

    #[test]
    fn memory_may_be_what_there_is_too_little_of() {
        let small = Machine { memory_gib: 0.25, ..MACHINE };
        let need = need(&report(), VOLUME, small).unwrap();
        assert!((need.calls_per_machine - 655.36).abs() < 0.01, "{need:?}");
        assert_eq!(need.machines, 5);
    }

    #[test]
    fn a_machine_has_room_for_the_process_and_a_call() {
        // 64 MiB and 100 KiB, of which half may be busy.
        let least = least_memory(&report(), 0.5).unwrap();
        assert!((least - 2.0 * (64.0 + 100.0 / 1_024.0) / 1_024.0).abs() < 1e-9, "{least}");
        let need = need(&report(), VOLUME, Machine { memory_gib: least, ..MACHINE }).unwrap();
        assert!((need.calls_per_machine - 1.0).abs() < 1e-6, "{need:?}");
        assert_eq!(least_memory(&LoadReport { server: None, ..report() }, 0.5), None);
    }

    #[test]
    fn a_report_without_the_service_s_process_is_of_no_use() {
        assert_eq!(need(&LoadReport { server: None, ..report() }, VOLUME, MACHINE), None);
    }
}
