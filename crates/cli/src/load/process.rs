//! Processes and processors of this machine, as Linux tells of them in `/proc`. Elsewhere little is known.

use std::fs;
use std::path::Path;

/// The process that listens on this TCP port of this machine, if it may be seen.
pub(crate) fn listening_on(port: u16) -> Option<u32> {
    let sockets: Vec<String> =
        ["/proc/net/tcp", "/proc/net/tcp6"].iter().filter_map(|table| socket(table, port)).collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(|pid: &u32| holds(*pid, &sockets))
}

/// What the socket that listens on `port` is called among a process's open files.
fn socket(table: &str, port: u16) -> Option<String> {
    let lines = fs::read_to_string(table).ok()?;
    lines.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let listens = *state == "0A" && local.rsplit_once(':')?.1 == format!("{port:04X}");
        listens.then(|| format!("socket:[{inode}]"))
    })
}

fn holds(pid: u32, sockets: &[String]) -> bool {
    let Ok(files) = fs::read_dir(Path::new("/proc").join(pid.to_string()).join("fd")) else { return false };
    files
        .flatten()
        .filter_map(|file| fs::read_link(file.path()).ok())
        .any(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))
}

/// The processors of this machine: how many, and which.
pub(crate) fn machine() -> (usize, String) {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let listed = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = listed.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    (count, model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned()))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use offhook_server::metrics::usage;

    #[test]
    fn the_own_process_is_found_by_its_port_and_takes_memory() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(listening_on(listener.local_addr().unwrap().port()), Some(std::process::id()));
        assert!(usage(std::process::id()).unwrap().rss > 100_000);
        assert_eq!(usage(u32::MAX), None);
    }
}
