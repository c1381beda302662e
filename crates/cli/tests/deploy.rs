//! What lies in `deploy/`, and the Dockerfile: checked by the programs that read them, or by their schemas.
//!
//! The schemas come as Python packages into the target folder, once; nginx and systemd are used where Debian has put
//! them (`nginx-light`, `systemd`).

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![cfg(target_os = "linux")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{err, offhook, out};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs it to a good end.
fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}: install what it needs"));
    assert!(output.status.success(), "{command:?}:\n{}{}", out(&output), err(&output));
    output
}

/// A Python that has the packages of `deploy/checks/requirements.txt`, made anew when these change.
fn python() -> PathBuf {
    let wanted = fs::read_to_string(repository().join("deploy/checks/requirements.txt")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deploy-checks");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    if fs::read_to_string(&stamp).unwrap_or_default() != wanted {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder));
        let asked = folder.join("asked.txt");
        fs::write(&asked, &wanted).unwrap();
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(&asked));
        fs::rename(&asked, &stamp).unwrap();
    }
    python
}

#[test]
fn schemas_and_rules_of_containers_hold_and_a_breach_is_found() {
    let (python, repository) = (python(), repository());
    let check = repository.join("deploy/checks/check.py");
    run(Command::new(&python).arg(&check).arg(&repository));
    // The same with a deployment that runs as root, and a file that the builder needs and does not get: found.
    let copy = tempfile::tempdir().unwrap();
    run(Command::new("cp")
        .arg("-r")
        .arg(repository.join("deploy"))
        .arg(repository.join("Dockerfile"))
        .arg(repository.join(".dockerignore"))
        .arg(copy.path()));
    let deployment = copy.path().join("deploy/kubernetes/deployment.yaml");
    let text = fs::read_to_string(&deployment).unwrap().replace("runAsNonRoot: true", "runAsNonRoot: false");
    fs::write(&deployment, text).unwrap();
    let socket = copy.path().join("deploy/freeswitch/autoload_configs/event_socket.conf.xml");
    let text = fs::read_to_string(&socket).unwrap().replace("127.0.0.1", "0.0.0.0");
    fs::write(&socket, text).unwrap();
    fs::write(copy.path().join("deploy/freeswitch/broken.xml"), "<configuration>").unwrap();
    let sources = copy.path().join("crates/a/src");
    fs::create_dir_all(&sources).unwrap();
    fs::write(sources.join("lib.rs"), "const A: &[u8] = include_bytes!(\"../../../corpus/a.wav\");").unwrap();
    let output = Command::new(&python).arg(&check).arg(copy.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(out(&output).contains("may run as root"), "{output:?}");
    assert!(out(&output).contains("event_socket.conf.xml: listens on 0.0.0.0"), "{output:?}");
    assert!(out(&output).contains("broken.xml: no element found"), "{output:?}");
    assert!(out(&output).contains("corpus/a.wav is not let through"), "{output:?}");
}

#[test]
fn nginx_takes_its_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let tls = folder.path().join("tls");
    fs::create_dir(&tls).unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    fs::write(tls.join("certificate.pem"), made.cert.pem()).unwrap();
    fs::write(tls.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    for file in ["nginx.conf", "upstream.conf"] {
        fs::copy(repository().join("deploy/nginx").join(file), folder.path().join(file)).unwrap();
    }
    // Debian puts it where only root's PATH leads.
    let nginx = ["/usr/sbin/nginx", "nginx"].into_iter().find(|path| Path::new(path).exists()).unwrap_or("nginx");
    let pid = format!("pid {};", folder.path().join("nginx.pid").display());
    let text = fs::read_to_string(folder.path().join("nginx.conf")).unwrap();
    fs::write(folder.path().join("nginx.conf"), text.replace("pid /tmp/nginx.pid;", &pid)).unwrap();
    run(Command::new(nginx).arg("-t").arg("-p").arg(folder.path()).arg("-c").arg(folder.path().join("nginx.conf")));
}

#[test]
fn systemd_takes_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("offhook.service");
    let text = fs::read_to_string(repository().join("deploy/systemd/offhook.service")).unwrap();
    // It looks whether the program is there.
    fs::write(&unit, text.replace("/usr/bin/offhook", env!("CARGO_BIN_EXE_offhook"))).unwrap();
    let output = run(Command::new("systemd-analyze").arg("verify").arg(&unit));
    assert_eq!(err(&output), "", "no setting is unknown");
}

#[test]
fn the_program_takes_its_configurations() {
    let folder = tempfile::tempdir().unwrap();
    let map = fs::read_to_string(repository().join("deploy/kubernetes/config.yaml")).unwrap();
    let (_, toml) = map.split_once("offhook.toml: |\n").unwrap();
    let toml: String = toml.lines().map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line))).collect();
    let of_kubernetes = folder.path().join("offhook.toml");
    fs::write(&of_kubernetes, toml).unwrap();
    for file in [repository().join("deploy/systemd/offhook.toml"), of_kubernetes] {
        let shown = run(offhook().args(["config", "show", "--config"]).arg(&file));
        assert!(out(&shown).contains("http.bind"), "{}", out(&shown));
    }
}

#[test]
fn the_program_takes_the_files_of_switches() {
    let files = ["freeswitch/switches.toml", "freeswitch/switches-socket.toml", "asterisk/switches.toml"];
    for file in files {
        let set = format!("switches.file={}", repository().join("deploy").join(file).display());
        let checked = run(offhook().args(["config", "check", "--set", &set]));
        assert!(out(&checked).contains("the file of switches can be used"), "{file}: {}", out(&checked));
    }
}

#[test]
fn health_is_told_by_the_exit_code() {
    let output = offhook().args(["health", "--url", "http://127.0.0.1:1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{output:?}");
    assert!(err(&output).contains("does not answer"), "{output:?}");
}
