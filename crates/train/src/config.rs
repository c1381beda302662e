//! What a training run is asked to do, as a TOML file says it.

mod parameter;
mod sections;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::TrainError;
use parameter::Parameter;
pub use sections::{
    Augmentation, CallSources, CardConfig, FineTuning, Kind, NetConfig, Optimizer, Simulated, Split, Thresholds,
    Training,
};

/// A training run. Each section is a table of the file; what the file leaves out is at its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// What the card says.
    pub card: CardConfig,
    /// The calls that the simulator makes.
    pub simulator: Simulated,
    /// Calls of one's own.
    pub calls: CallSources,
    /// Which part of the calls is for what.
    pub split: Split,
    /// How calls are varied, so that no channel is learnt.
    pub augmentation: Augmentation,
    /// The net.
    pub net: NetConfig,
    /// How the net is trained.
    pub training: Training,
    /// Going on from a model that is there.
    pub fine_tuning: FineTuning,
    /// What must be reached for a model to be called good.
    pub thresholds: Thresholds,
}

impl TrainConfig {
    /// As [`Self::parse`], and checks the result.
    ///
    /// # Errors
    /// [`TrainError::Config`] names the field, what was given and what is allowed; [`TrainError::Toml`].
    pub fn read(text: &str, beside: &Path, set: &[String]) -> Result<Self, TrainError> {
        let config = Self::parse(text, beside, set)?;
        config.check()?;
        Ok(config)
    }

    /// Reads a configuration and sets single values over it, each as `section.field=value`. Paths in it are relative to
    /// `beside`. It may still say what [`Self::check`] refuses.
    ///
    /// # Errors
    /// [`TrainError::Toml`]: it is no TOML, has fields that there are not, or values of another type;
    /// [`TrainError::Config`]: a setting has another form.
    pub fn parse(text: &str, beside: &Path, set: &[String]) -> Result<Self, TrainError> {
        let mut table: toml::Table = text.parse().map_err(|error| TrainError::of_toml("the configuration", &error))?;
        let mut over = toml::Table::new();
        for setting in set {
            let (section, field, value) = parse_setting(setting)?;
            let within = |table: &mut toml::Table, value: toml::Value| {
                let section = table.entry(section).or_insert_with(|| toml::Table::new().into());
                section.as_table_mut().map(|section| section.insert(field.to_owned(), value)).is_some()
            };
            if !within(&mut over, value) {
                return Err(TrainError::config(section, "a value", "a section".to_owned()));
            }
        }
        let mut config: Self = table_into(table.clone(), "the configuration")?;
        config.resolve(beside);
        if over.is_empty() {
            return Ok(config);
        }
        // Paths on the command line are relative to where the program runs, so they are read apart from the file.
        let given: Self = table_into(over.clone(), "--set")?;
        table = toml::Table::try_from(&config).map_err(|error| TrainError::unwritable(&error))?;
        let given = toml::Table::try_from(&given).map_err(|error| TrainError::unwritable(&error))?;
        for (section, fields) in &over {
            for field in fields.as_table().into_iter().flat_map(toml::Table::keys) {
                let value = given.get(section).and_then(|fields| fields.get(field)).cloned();
                let into = table.get_mut(section).and_then(toml::Value::as_table_mut);
                if let (Some(into), Some(value)) = (into, value) {
                    into.insert(field.clone(), value);
                }
            }
        }
        table_into(table, "the configuration")
    }

    /// Checks every value, and that there is something to learn from.
    ///
    /// # Errors
    /// [`TrainError::Config`] for the first that is not allowed.
    pub fn check(&self) -> Result<(), TrainError> {
        for (section, parameters, _) in self.sections() {
            for parameter in parameters {
                parameter.check(section)?;
            }
        }
        self.split.check_sum()?;
        self.training.check_crops()?;
        if self.training.epochs == 0 && self.fine_tuning.from.is_none() {
            let allowed = "1 to 10000, or 0 with fine_tuning.from".to_owned();
            return Err(TrainError::config("training.epochs", "0", allowed));
        }
        if self.simulator.hours == 0.0 && self.calls.is_empty() {
            return Err(TrainError::config(
                "simulator.hours",
                "0, and no calls",
                "more than 0, or a manifest, folder or feedback in [calls]".to_owned(),
            ));
        }
        Ok(())
    }

    /// The configuration as a file with a comment on every field. Those without a value are commented out.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# What `offhook train` does. All that is left out is at its default.\n");
        for (section, parameters, about) in self.sections() {
            text += &format!("\n# {about}\n[{section}]\n");
            for parameter in parameters {
                text += &parameter.to_toml();
            }
        }
        text
    }

    /// Every section: its name, its fields, and what it is about.
    fn sections(&self) -> [(&'static str, Vec<Parameter>, &'static str); 9] {
        [
            ("card", self.card.parameters(), CardConfig::ABOUT),
            ("simulator", self.simulator.parameters(), Simulated::ABOUT),
            ("calls", self.calls.parameters(), CallSources::ABOUT),
            ("split", self.split.parameters(), Split::ABOUT),
            ("augmentation", self.augmentation.parameters(), Augmentation::ABOUT),
            ("net", self.net.parameters(), NetConfig::ABOUT),
            ("training", self.training.parameters(), Training::ABOUT),
            ("fine_tuning", self.fine_tuning.parameters(), FineTuning::ABOUT),
            ("thresholds", self.thresholds.parameters(), Thresholds::ABOUT),
        ]
    }

    /// Makes every relative path relative to `beside`.
    fn resolve(&mut self, beside: &Path) {
        let lists =
            [&mut self.simulator.voices, &mut self.calls.manifests, &mut self.calls.folders, &mut self.calls.feedback];
        for path in lists.into_iter().flatten().chain(&mut self.fine_tuning.from).chain(&mut self.simulator.cache) {
            *path = beside.join(&*path);
        }
    }

    /// All files and folders that the run reads.
    pub fn inputs(&self) -> impl Iterator<Item = &PathBuf> {
        let lists = [&self.simulator.voices, &self.calls.manifests, &self.calls.folders, &self.calls.feedback];
        lists.into_iter().flatten().chain(&self.fine_tuning.from)
    }
}

fn table_into<T: for<'de> Deserialize<'de>>(table: toml::Table, what: &str) -> Result<T, TrainError> {
    table.try_into().map_err(|error| TrainError::of_toml(what, &error))
}

/// `section.field=value`; a value that is no TOML is taken for a text.
fn parse_setting(setting: &str) -> Result<(&str, &str, toml::Value), TrainError> {
    let parts = setting.split_once('=').and_then(|(name, value)| {
        let (section, field) = name.trim().split_once('.')?;
        Some((section, field, value.trim()))
    });
    let Some((section, field, value)) = parts else {
        let allowed = "section.field=value, such as training.epochs=20".to_owned();
        return Err(TrainError::config("--set", setting, allowed));
    };
    let parsed = format!("value = {value}").parse::<toml::Table>().ok().and_then(|mut table| table.remove("value"));
    Ok((section, field, parsed.unwrap_or_else(|| toml::Value::String(value.to_owned()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, set: &[&str]) -> Result<TrainConfig, TrainError> {
        let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
        TrainConfig::read(text, Path::new("there"), &set)
    }

    #[test]
    fn what_is_printed_is_what_is_read() {
        let config = TrainConfig::default();
        config.check().unwrap();
        let text = config.to_toml();
        assert_eq!(TrainConfig::read(&text, Path::new(""), &[]).unwrap(), config, "{text}");
    }

    #[test]
    fn every_field_is_printed_with_its_comment() {
        let text = TrainConfig::default().to_toml();
        for name in ["hours = ", "noise_injection = 0.1", "patience = 10", "# from =", "kind = \"crnn\"", "f1 = 0.95"] {
            let at = text.lines().position(|line| line.starts_with(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            assert!(text.lines().nth(at - 1).unwrap().starts_with("# "), "{name}");
        }
    }

    #[test]
    fn a_setting_goes_over_the_file_and_its_paths_are_from_here() {
        let text = "[training]\nepochs = 3\n[calls]\nmanifests = [\"a.csv\"]\n";
        let config = read(text, &["training.epochs=7", "net.kind=tcn", "calls.folders=['b']"]).unwrap();
        assert_eq!((config.training.epochs, config.net.kind), (7, Kind::Tcn));
        assert_eq!(config.calls.manifests, [Path::new("there").join("a.csv")]);
        assert_eq!(config.calls.folders, [Path::new("b")]);
    }

    #[test]
    fn refusals_name_the_field_what_was_given_and_what_is_allowed() {
        for (text, set, words) in [
            ("[training]\nepoch = 3", "", ["epoch", "epochs"]),
            ("", "training.epochs=0", ["training.epochs: given 0", "1 to 10000"]),
            ("", "net.kind=rnn", ["rnn", "crnn"]),
            ("", "split.train=0.9", ["split.train", "1.2"]),
            ("", "simulator.hours=0", ["simulator.hours", "[calls]"]),
            ("", "epochs=3", ["--set: given epochs=3", "section.field=value"]),
            ("[nets]", "", ["nets", "net"]),
        ] {
            let set: &[&str] = if set.is_empty() { &[] } else { &[set] };
            let told = read(text, set).unwrap_err().to_string();
            assert!(words.iter().all(|word| told.contains(word)), "{told}");
        }
    }
}
