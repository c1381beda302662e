//! The figures of `offhook eval` as a page: tables, and the operating curves as a picture.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::eval_text::{LINES, millis_text, seconds_text};
use super::html::{self, escape};
use crate::evaluation::report::{PresetReport, Report};
use crate::evaluation::{Figures, Rate};
use crate::picture::curve;

/// The whole page.
pub(crate) fn page(report: &Report) -> String {
    let mut body = String::from("<h1>How good is the detector?</h1>\n");
    if let Some(first) = report.presets.first() {
        let (calls, hours) = (first.all.calls, first.all.hours);
        let manifest = escape(&report.manifest);
        put(&mut body, &format!("<p class=\"faint\">{manifest}: {calls} calls, {hours:.2} h of audio</p>\n"));
    }
    for told in &report.failed {
        put(&mut body, &format!("<p class=\"wrong\">{}</p>\n", escape(told)));
    }
    put(&mut body, &headline(report));
    put(&mut body, "<h2>Operating curves</h2>\n");
    put(&mut body, &curve::draw(&report.presets));
    for preset in &report.presets {
        let name = escape(&preset.preset);
        put(&mut body, &format!("<h2>{name}</h2>\n<h3>Label against verdict</h3>\n"));
        put(&mut body, &confusion(preset));
        put(&mut body, &groups("By condition", &preset.by_condition));
        put(&mut body, &groups("By source", &preset.by_source));
        put(&mut body, &groups("By label", &preset.by_label));
        put(&mut body, &points(preset));
        put(&mut body, &wrong(preset));
    }
    put(&mut body, &asterisk(report));
    html::page("How good is the detector?", &body)
}

fn put(body: &mut String, text: &str) {
    body.push_str(text);
}

/// A table: its head, then its rows; every cell but the first of a row is a number.
fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut html = String::from("<div class=\"scroll\"><table>\n<tr>");
    for (at, cell) in head.iter().enumerate() {
        let class = if at == 0 { "" } else { " class=\"number\"" };
        let _ = write!(html, "<th{class}>{}</th>", escape(cell));
    }
    html += "</tr>\n";
    for row in rows {
        html += "<tr>";
        for (at, cell) in row.iter().enumerate() {
            let class = match at {
                0 if cell.starts_with(' ') => " class=\"part\"",
                0 => "",
                _ => " class=\"number\"",
            };
            let _ = write!(html, "<td{class}>{}</td>", escape(cell.trim()));
        }
        html += "</tr>\n";
    }
    html + "</table></div>\n"
}

fn headline(report: &Report) -> String {
    let mut head = vec![""];
    head.extend(report.presets.iter().map(|preset| preset.preset.as_str()));
    let rows = LINES.iter().map(|(name, show)| {
        let mut row = vec![name.to_string()];
        row.extend(report.presets.iter().map(|preset| show(&preset.all)));
        row
    });
    table(&head, rows)
}

fn confusion(preset: &PresetReport) -> String {
    let verdicts = preset.confusion.verdicts();
    let mut head = vec!["label"];
    head.extend(&verdicts);
    head.push("recall");
    let rows = preset.confusion.labels().into_iter().map(|label| {
        let mut row = vec![label.to_owned()];
        row.extend(verdicts.iter().map(|said| match preset.confusion.count(label, said) {
            0 => "·".to_owned(),
            count => count.to_string(),
        }));
        row.push(preset.all.recall.get(label).copied().unwrap_or_default().to_string());
        row
    });
    table(&head, rows)
}

fn groups(title: &str, groups: &BTreeMap<String, Figures>) -> String {
    if groups.is_empty() {
        return String::new();
    }
    let head = [
        "",
        "calls",
        "human called machine",
        "machine recall",
        "human recall",
        "human wait, median, p95",
        "machine decided, median, p95",
        "beeps found",
        "end within 40 ms",
        "|error| of the end, median, p95",
        "false",
    ];
    let rows = groups.iter().map(|(name, f)| {
        vec![
            name.clone(),
            f.calls.to_string(),
            f.rates.human_called_machine.to_string(),
            f.rates.machine_recall.to_string(),
            f.rates.human_recall.to_string(),
            seconds_text(&f.latency.human_after_utterance_ms),
            seconds_text(&f.latency.machine_ms),
            f.beeps.found.to_string(),
            f.beeps.end_within_40_ms.to_string(),
            millis_text(&f.beeps.end_error_ms),
            f.beeps.false_count.to_string(),
        ]
    });
    format!("<h3>{title}</h3>\n{}", table(&head, rows))
}

fn points(preset: &PresetReport) -> String {
    let Some(curve) = &preset.curve else { return String::new() };
    let share = |rate: &Rate| rate.to_string();
    let mut html = String::from("<details><summary>Points of the curves</summary>\n");
    for (name, points) in [(curve.parameter, &curve.by_parameter), ("machine's probability", &curve.by_threshold)] {
        let rows =
            points.iter().map(|p| vec![p.setting.clone(), share(&p.human_called_machine), share(&p.machine_recall)]);
        html += &table(&[name, "human called machine", "machine recall"], rows);
    }
    html + "</details>\n"
}

fn wrong(preset: &PresetReport) -> String {
    if preset.wrong.is_empty() {
        return String::new();
    }
    let rows = preset.wrong.iter().map(|call| {
        let at = format!("{:.2} s", call.decided_at_ms / 1000.0);
        vec![call.file.clone(), call.label.to_owned(), call.answered_by.to_owned(), at, call.cause.clone()]
    });
    let count = preset.wrong.len();
    let inner = table(&["recording", "label", "verdict", "at", "cause"], rows);
    format!("<details><summary>{count} calls judged wrongly</summary>\n{inner}</details>\n")
}

fn asterisk(report: &Report) -> String {
    let Some(agreement) = &report.asterisk else { return String::new() };
    let rows = agreement.disagreements.iter().map(|call| {
        let shown = |answer: &crate::evaluation::agreement::Answer| format!("{} {}", answer.status, answer.cause);
        vec![call.file.clone(), shown(&call.asterisk), shown(&call.ours)]
    });
    format!(
        "<h2>The classic preset against Asterisk's AMD()</h2>\n<p>Same status: {}. Same status and cause: {}.</p>\n{}",
        agreement.status,
        agreement.status_and_cause,
        table(&["recording", "Asterisk", "offhook"], rows)
    )
}
