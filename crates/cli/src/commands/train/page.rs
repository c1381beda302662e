//! A training run as a page: how it went, and how good the model is.

use std::fmt::Write as _;

use offhook_detect::Model;
use offhook_train::Card;

use super::curves::Losses;
use super::operating;
use super::summary::{self, Line};
use crate::report::html::{self, escape};

/// The whole page.
pub(super) fn page(card: &Card, model: &Model) -> String {
    let mut losses = Losses::default();
    card.losses.iter().for_each(|[train, validation]| losses.push(*train, *validation));
    let name = escape(&format!("{} {}", card.name, card.version));
    let mut body = format!("<h1>How the model {name} was trained</h1>\n<h2>Loss by epoch</h2>\n{}", losses.svg());
    body += &operating::draw(model.fusion());
    for (heading, lines) in summary::tables(card) {
        let _ = write!(body, "<h2>{}</h2>\n<div class=\"scroll\"><table>\n", escape(heading));
        for Line { name, value, note } in lines {
            let _ = writeln!(
                body,
                "<tr><td>{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
                // Two spaces set a line under the one above.
                escape(&name).replace("  ", "&emsp;"),
                escape(&value),
                escape(&note)
            );
        }
        body += "</table></div>\n";
    }
    body += "<h2>Limits</h2>\n<ul>\n";
    for limit in &card.limits {
        let _ = writeln!(body, "<li>{}</li>", escape(limit));
    }
    html::page(&format!("Training of {} {}", card.name, card.version), &(body + "</ul>\n"))
}
