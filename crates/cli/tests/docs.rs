//! The pages in `docs` that the binary writes are those it writes today.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;

use support::{out, run};

#[test]
fn the_page_of_parameters_is_the_one_the_binary_prints() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let printed = run(&root, &["config", "show", "--docs"]);
    assert!(printed.status.success());
    let committed = std::fs::read_to_string(root.join("docs/config.md")).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == out(&printed),
        "docs/config.md is stale: run `cargo run -p offhook -- config show --docs > docs/config.md` and commit it"
    );
}
