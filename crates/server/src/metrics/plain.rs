//! The text format of Prometheus, version 0.0.4, out of OpenMetrics.
//!
//! The two differ, for what is used here, in that OpenMetrics names a counter without `_total` where it describes it,
//! and ends with a line of its own. The specification promises `text/plain`, which every reader knows.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

/// All figures of the registry.
pub(super) fn text(registry: &Registry) -> String {
    let mut open = String::with_capacity(32 << 10);
    // Writing to a string does not fail; were it to, what is there is still sound line by line.
    let _ = encode(&mut open, registry);
    plain(&open)
}

fn plain(open: &str) -> String {
    let mut plain = String::with_capacity(open.len() + 1_024);
    let mut help: Option<(&str, &str)> = None;
    for line in open.lines() {
        if let Some((name, about)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            help = Some((name, about));
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            let total = if kind == "counter" { "_total" } else { "" };
            if let Some((_, about)) = help.take().filter(|(helped, _)| *helped == name) {
                plain.extend(["# HELP ", name, total, " ", about, "\n"]);
            }
            plain.extend(["# TYPE ", name, total, " ", kind, "\n"]);
        } else if !line.starts_with('#') {
            plain.extend([line, "\n"]);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_described_by_the_name_it_has() {
        let open = "# HELP a_b Said.\n# TYPE a_b counter\n# UNIT a_b b\na_b_total 1\n\
                    # HELP c Told.\n# TYPE c gauge\nc{x=\"# TYPE\"} 2\n# EOF\n";
        assert_eq!(
            plain(open),
            "# HELP a_b_total Said.\n# TYPE a_b_total counter\na_b_total 1\n\
             # HELP c Told.\n# TYPE c gauge\nc{x=\"# TYPE\"} 2\n"
        );
    }
}
