//! A real PostgreSQL for one test: a cluster in a temporary folder, on a free port of the loopback address.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const INSTALL: &str = "install PostgreSQL (Debian: apt-get install postgresql), or put initdb and postgres on PATH";

/// A running cluster; stopped when dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
}

impl Postgres {
    /// Makes a cluster and starts it.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some((uid, gid)) = other_user() {
            std::os::unix::fs::chown(folder.path(), Some(uid), Some(gid)).unwrap();
        }
        let made = as_other_user(&program("initdb"))
            .args(["--no-sync", "--auth=trust", "--username=offhook", "--encoding=UTF8", "--locale=C", "--pgdata"])
            .arg(folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut postgres = Self { folder, port, server: None };
        postgres.run();
        postgres
    }

    /// The address for `storage.database`.
    pub(crate) fn url(&self) -> String {
        format!("postgres://offhook@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts the server of a cluster that was stopped.
    pub(crate) fn run(&mut self) {
        let server = as_other_user(&program("postgres"))
            .arg("-D")
            .arg(self.folder.path().join("data"))
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-F"])
            .args(["-c", "unix_socket_directories=", "-c", "max_connections=40"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.server = Some(server);
        for _ in 0..600 {
            let server = self.server.as_mut().unwrap();
            assert!(server.try_wait().unwrap().is_none(), "postgres ended by itself");
            let ready = Command::new(program("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("postgres does not answer");
    }

    /// Stops the server at once, as a crash does: connections break, and it recovers from its log when it starts.
    pub(crate) fn crash(&mut self) {
        if let Some(mut server) = self.server.take() {
            let told = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status().unwrap();
            assert!(told.success());
            server.wait().unwrap();
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.crash();
    }
}

/// Where a program of PostgreSQL is: Debian keeps them out of PATH.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    versions.reverse();
    folders.splice(0..0, versions);
    let found = folders.into_iter().map(|folder| folder.join(name)).find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("there is no {name}: {INSTALL}"))
}

fn id(of: &str, what: &str) -> Option<u32> {
    let output = Command::new("id").args([what, of]).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// PostgreSQL refuses to run as root: then it runs as `postgres`, or as `nobody`.
fn other_user() -> Option<(u32, u32)> {
    let me = String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout).unwrap();
    if me.trim() != "0" {
        return None;
    }
    let user = ["postgres", "nobody"].into_iter().find_map(|user| Some((id(user, "-u")?, id(user, "-g")?)));
    Some(user.expect("PostgreSQL refuses to run as root and there is neither a user postgres nor nobody"))
}

/// A command that ends with this process, whatever ends this process.
fn as_other_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if let Some((uid, gid)) = other_user() {
        command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".into()]);
    }
    command.args(["--pdeathsig", "QUIT", "--"]).arg(program);
    command
}
