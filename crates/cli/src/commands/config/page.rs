//! Every parameter as a page of Markdown, a table for each section.

use std::io::{self, Write};

use offhook_audio::tones::Country;
use offhook_detect::{DetectConfig, Parameter, Preset};
use offhook_server::ServerConfig;

use crate::settings::Settings;

/// What each section is about.
const ABOUT: [(&str, &str); 9] = [
    ("vad", "When a hop of 10 ms counts as voice."),
    ("cadence", "How voice is cut into words, utterances and turns."),
    ("beep", "What counts as a record tone."),
    ("tone", "The network's tones."),
    ("music", "Music as against speech."),
    ("decide", "What may decide who picked up, and the limits of the rules on rhythm."),
    ("weigh", "How the learned models decide, under the methods `ai` and `hybrid`."),
    (
        "classic",
        "The nine parameters of Asterisk's `AMD()`, with its defaults. They count under the method `classic` alone.",
    ),
    ("ready", "When a message may start, after a verdict for voicemail."),
];

const HEAD: &str = "\
# Parameters

Written by `offhook config show --docs`: do not edit.

Each can be set, and each of these overrides the one before: a preset (`--preset NAME`), a file (`--config FILE`, with a
section `[decide]` and a line `long_greeting = \"3s\"`), the environment (`OFFHOOK_DECIDE_LONG_GREETING=3s`), a flag
(`--set decide.long_greeting=3s`). A time without a unit is in milliseconds; `800ms` and `0.8s` are the same. What is not
allowed, alone or beside the others, is an error that names the parameter. The words are those of the
[glossary](../GLOSSARY.md); how the parameters work together is in [how it decides](guide/how-it-decides.md).
";

/// Writes the page. What is not at its default is said at its end.
pub(super) fn write(out: &mut dyn Write, settings: &Settings) -> io::Result<()> {
    writeln!(out, "{HEAD}")?;
    write_presets(out)?;
    let mut section = String::new();
    for parameter in settings.config.parameters() {
        let (of, _) = parameter.name.split_once('.').unwrap_or((&parameter.name, ""));
        if of != section {
            section = of.to_owned();
            let about = ABOUT.iter().find(|(name, _)| *name == section).map_or("", |(_, about)| about);
            writeln!(out, "\n## {section}\n\n{about}\n")?;
            if section == "tone" {
                let codes: Vec<&str> = Country::ALL.iter().map(|country| country.code()).collect();
                writeln!(out, "Countries: {}.\n", codes.join(", "))?;
            }
            writeln!(out, "| Name | Meaning | Unit | Default | Allowed | Elsewhere |\n|---|---|---|---|---|---|")?;
        }
        writeln!(out, "{}", row(&parameter))?;
    }
    write_service(out, settings)?;
    let set: Vec<_> = settings.all().into_iter().filter(|p| p.value != p.default).collect();
    if !set.is_empty() {
        writeln!(out, "\n## Not at their default\n\n| Name | Value | From |\n|---|---|---|")?;
    }
    for parameter in set {
        writeln!(out, "| `{}` | {} | {} |", parameter.name, parameter.value, settings.origin(&parameter.name))?;
    }
    Ok(())
}

/// The settings of `offhook serve`, as they are at their default.
fn write_service(out: &mut dyn Write, settings: &Settings) -> io::Result<()> {
    writeln!(
        out,
        "\n# The service\n\nThe settings of `offhook serve`, set as the parameters are. An empty value stands for none."
    )?;
    let parameters = settings.server.parameters();
    for (section, about) in ServerConfig::SECTIONS.iter().zip(ServerConfig::ABOUT) {
        writeln!(
            out,
            "\n## {section}\n\n{}\n\n| Name | Meaning | Default | Allowed |\n|---|---|---|---|",
            about.trim()
        )?;
        for parameter in parameters.iter().filter(|p| p.name.split('.').next() == Some(section)) {
            let cell =
                |text: &str| if text.trim().is_empty() { "–".to_owned() } else { text.trim().replace('|', "\\|") };
            let Parameter { name, doc, default, allowed, .. } = parameter;
            writeln!(out, "| `{name}` | {} | {} | {} |", cell(doc), cell(default), cell(allowed))?;
        }
    }
    Ok(())
}

/// Where the presets differ from the defaults.
fn write_presets(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Presets\n\n`balanced` has the defaults. The others differ from it in:\n")?;
    let others: Vec<(Preset, Vec<Parameter>)> = Preset::ALL
        .into_iter()
        .map(|preset| (preset, DetectConfig::preset(preset).parameters()))
        .filter(|(_, parameters)| parameters.iter().any(|p| p.value != p.default))
        .collect();
    let names: Vec<String> = others.iter().map(|(preset, _)| format!(" `{}` |", preset.name())).collect();
    writeln!(out, "| Name | `balanced` |{}\n|---|---|{}", names.concat(), "---|".repeat(names.len()))?;
    for (at, parameter) in DetectConfig::default().parameters().into_iter().enumerate() {
        let values: Vec<&Parameter> = others.iter().filter_map(|(_, parameters)| parameters.get(at)).collect();
        if values.iter().any(|p| p.value != p.default) {
            let values: Vec<String> = values.iter().map(|p| format!(" {} |", p.value)).collect();
            writeln!(out, "| `{}` | {} |{}", parameter.name, parameter.value, values.concat())?;
        }
    }
    Ok(())
}

/// One line of a section's table.
fn row(parameter: &Parameter) -> String {
    let (meaning, elsewhere) = parameter.doc.split_once("Elsewhere: ").unwrap_or((parameter.doc, ""));
    let (before, after) = meaning.split_once("Unit: ").unwrap_or((meaning, ""));
    let (said, after) = after.split_once('.').unwrap_or(("", after));
    let meaning =
        [before.trim(), after.trim()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    let unit = if said.is_empty() { unit_of(&parameter.default) } else { said };
    let bare = |text: &str| text.replace(unit, "");
    let (default, allowed) = if unit.is_empty() {
        (parameter.default.clone(), parameter.allowed.clone())
    } else {
        (bare(&parameter.default), bare(&parameter.allowed))
    };
    let cell = |text: &str| if text.trim().is_empty() { "–".to_owned() } else { text.trim().replace('|', "\\|") };
    format!(
        "| `{}` | {} | {} | {} | {} | {} |",
        parameter.name,
        cell(&meaning),
        cell(unit),
        cell(&default),
        cell(&allowed),
        cell(elsewhere.trim().trim_end_matches('.'))
    )
}

/// The unit that a value is written with.
fn unit_of(value: &str) -> &str {
    let number = value.trim_end_matches(char::is_alphabetic);
    if number.is_empty() { "" } else { &value[number.len()..] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_says_what_it_is_about() {
        for parameter in DetectConfig::default().parameters() {
            assert!(
                ABOUT.iter().any(|(name, _)| parameter.name.starts_with(&format!("{name}."))),
                "{}",
                parameter.name
            );
        }
    }

    #[test]
    fn a_row_has_its_unit_once_and_what_it_is_called_elsewhere() {
        let doc = "The faintest. Unit: dBm0. Raising it hears less. Elsewhere: a `b`.";
        let (value, default) = ("-42dBm0".to_owned(), "-42dBm0".to_owned());
        let parameter =
            Parameter { name: "beep.least_level".into(), doc, value, default, allowed: "-70dBm0 to 0dBm0".into() };
        assert_eq!(
            row(&parameter),
            "| `beep.least_level` | The faintest. Raising it hears less. | dBm0 | -42 | -70 to 0 | a `b` |"
        );
    }
}
