//! Pages that need nothing but themselves: style and pictures are inline.

use std::fmt::Write as _;

use offhook_detect::AnsweredBy;
use offhook_server::views::words;

use crate::detect::Heard;
use crate::picture::{Scene, Wave, svg};

/// Text as it may stand in HTML, in quotes too.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\'' => safe += "&#39;",
            other => safe.push(other),
        }
    }
    safe
}

/// The class by which the style colours this kind.
pub(crate) fn kind_class(kind: AnsweredBy) -> &'static str {
    match kind {
        AnsweredBy::Human => "person",
        kind if kind.is_machine() => "machine",
        _ => "other",
    }
}

/// A whole page.
pub(crate) fn page(title: &str, body: &str) -> String {
    let (title, style) = (escape(title), include_str!("style.css"));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

/// The beginning of the page about recordings.
pub(crate) fn detections_head(count: usize, failed: &[String]) -> String {
    let mut body = format!(
        "<h1>Who picked up?</h1>\n<p class=\"faint\">{count} recording{}, heard by offhook {}</p>\n",
        if count == 1 { "" } else { "s" },
        env!("CARGO_PKG_VERSION")
    );
    for told in failed {
        let _ = writeln!(body, "<p class=\"wrong\">{}</p>", escape(told));
    }
    body
}

/// The part of a page about one recording.
pub(crate) fn detection(file: &str, format: &str, heard: &Heard, wave: &Wave) -> String {
    let (verdict, decided) = (&heard.verdict, heard.decided());
    let mut part = format!(
        "<section class=\"call\">\n<h2>{}</h2>\n<p class=\"faint\">{:.2} s · {}</p>\n",
        escape(file),
        heard.audio.as_secs_f64(),
        escape(format)
    );
    let _ = writeln!(
        part,
        "<p><span class=\"verdict {}\">{}</span> {} · decided at {:.2} s — {}</p>",
        kind_class(verdict.answered_by),
        words::who(verdict.answered_by),
        verdict.confidence,
        decided.at.as_secs_f64(),
        escape(&words::why(&decided.cause))
    );
    if let Some((at, reason)) = heard.ready() {
        let _ = writeln!(
            part,
            "<p><span class=\"verdict ready\">a message may start</span> at {:.2} s — {}</p>",
            at.as_secs_f64(),
            escape(&words::ready(&reason))
        );
    }
    part += &svg::draw(&Scene::new(heard, wave));
    part += "<details><summary>Events and probabilities</summary>\n<div class=\"scroll\"><table>\n\
             <tr><th class=\"number\">at</th><th>event</th><th>with</th></tr>\n";
    for event in &heard.events {
        let line = event.to_string();
        let with = line.splitn(3, ' ').nth(2).unwrap_or_default();
        let _ = writeln!(
            part,
            "<tr><td class=\"number\">{}</td><td>{}</td><td><code>{}</code></td></tr>",
            event.at,
            event.kind.word().replace('_', " "),
            escape(with)
        );
    }
    part += "</table></div>\n<div class=\"scroll\"><table>\n<tr>";
    let shares: Vec<_> = verdict.probabilities.iter().collect();
    for (kind, _) in &shares {
        let _ = write!(part, "<th>{}</th>", kind.word().replace('_', " "));
    }
    part += "</tr>\n<tr>";
    for (_, share) in &shares {
        let _ = write!(part, "<td>{share}</td>");
    }
    part += "</tr>\n</table></div></details>\n</section>\n";
    part
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_cannot_become_markup() {
        assert_eq!(escape("<a href='x'>&\""), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
        assert!(page("<b>", "").contains("<title>&lt;b&gt;</title>"));
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = page("t", "");
        for outside in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
