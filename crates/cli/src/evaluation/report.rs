//! All figures of one run, grouped: what `--json` writes and what the other reports draw from.

use std::collections::BTreeMap;

use serde::Serialize;

use super::agreement::Agreement;
use super::curve::Curve;
use super::figures::{Call, Confusion, Figures};

/// One run over a manifest.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    /// The manifest.
    pub(crate) manifest: String,
    /// The recordings or rows that could not be used.
    pub(crate) failed: Vec<String>,
    /// One entry a preset.
    pub(crate) presets: Vec<PresetReport>,
    /// Against Asterisk's own answers, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) asterisk: Option<Agreement>,
}

/// The figures of one preset.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PresetReport {
    /// Its name.
    pub(crate) preset: String,
    /// Over all calls.
    pub(crate) all: Figures,
    /// Label against verdict.
    pub(crate) confusion: Confusion,
    /// By the column `condition`.
    pub(crate) by_condition: BTreeMap<String, Figures>,
    /// By the column `source`.
    pub(crate) by_source: BTreeMap<String, Figures>,
    /// By label.
    pub(crate) by_label: BTreeMap<String, Figures>,
    /// The operating curve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) curve: Option<Curve>,
    /// The calls that were judged wrongly.
    pub(crate) wrong: Vec<Wrong>,
}

/// A call whose verdict is not its label.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Wrong {
    /// The recording, as the manifest has it.
    pub(crate) file: String,
    /// The truth.
    pub(crate) label: &'static str,
    /// The first final verdict.
    pub(crate) answered_by: &'static str,
    /// Its cause.
    pub(crate) cause: String,
    /// When it was decided.
    pub(crate) decided_at_ms: f64,
}

impl PresetReport {
    /// The figures of `calls`, without curve and list.
    pub(crate) fn new(preset: String, calls: &[Call<'_>]) -> Self {
        Self {
            preset,
            all: Figures::new(calls),
            confusion: Confusion::new(calls),
            by_condition: grouped(calls, |call| call.row.condition.clone()),
            by_source: grouped(calls, |call| call.row.source.clone()),
            by_label: grouped(calls, |call| call.row.label.word().to_owned()),
            curve: None,
            wrong: Vec::new(),
        }
    }
}

/// The figures of each group that `name` makes; calls without one are left out.
fn grouped(calls: &[Call<'_>], name: impl Fn(&Call<'_>) -> String) -> BTreeMap<String, Figures> {
    let mut groups: BTreeMap<String, Vec<Call<'_>>> = BTreeMap::new();
    for call in calls {
        groups.entry(name(call)).or_default().push(*call);
    }
    groups.remove("");
    groups.into_iter().map(|(name, calls)| (name, Figures::new(&calls))).collect()
}
