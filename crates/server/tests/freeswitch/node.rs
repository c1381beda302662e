//! A node that is a process of its own, so that it can be killed, and its processor time be told from the switch's.

use std::process::{Child, Command, Stdio};

use super::*;

/// Names the folder of the node's file of switches, for the process that is to be the node.
const FOLDER: &str = "OFFHOOK_TEST_NODE_FOLDER";
/// Names its port.
const BIND: &str = "OFFHOOK_TEST_NODE_BIND";

/// The process. It is killed when this is dropped.
pub(crate) struct Node {
    process: Child,
    _folder: tempfile::TempDir,
}

impl Node {
    /// Runs this program again as a node that takes this port and this file of switches.
    pub(crate) fn start(address: SocketAddr, file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file.toml"), file).unwrap();
        let process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "node::is_a_node_where_it_is_told_to_be_one", "--nocapture"])
            .envs([(FOLDER, folder.path().as_os_str()), (BIND, address.to_string().as_ref())])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self { process, _folder: folder }
    }

    /// SIGKILL: it can say nothing more.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// The processor time it has used, where the system tells.
    pub(crate) fn processor_time(&self) -> Option<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        // The name of the program may have spaces; behind it, the times of user and system are the 12th and 13th fields.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = fields[11].parse::<u64>().ok()? + fields[12].parse::<u64>().ok()?;
        Some(Duration::from_millis(ticks * 10))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A node as a process starts, is seen by its switch, and is gone when it was killed. As that process it serves until it
/// is killed, or whoever started it is gone.
#[tokio::test(flavor = "multi_thread")]
async fn is_a_node_where_it_is_told_to_be_one() {
    let (Ok(folder), Ok(address)) = (std::env::var(FOLDER), std::env::var(BIND)) else {
        let switch = Switch::start(Manner::default()).await;
        let address = free();
        let mut node = Node::start(address, &file(switch.address, &[address], &rule("", ON)));
        switch.told("", "show channels").await;
        reqwest::get(format!("http://{address}/health")).await.unwrap();
        node.kill();
        reqwest::get(format!("http://{address}/health")).await.unwrap_err();
        return;
    };
    std::thread::spawn(|| {
        std::io::stdin().read_line(&mut String::new()).ok();
        std::process::exit(0);
    });
    let text = std::fs::read_to_string(format!("{folder}/file.toml")).unwrap();
    let own = tempfile::tempdir_in(&folder).unwrap();
    let service = service_in(own, address.parse().unwrap(), &text).await;
    std::future::pending::<()>().await;
    service.stop().await;
}
