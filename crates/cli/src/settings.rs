//! What the detector and the service are asked to do, and where each value came from: default < file < environment <
//! flags.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use offhook_detect::{DetectConfig, Parameter, Preset};
use offhook_server::switch::Switches;
use offhook_server::{ServerConfig, ServerConfigError};

use crate::exit::Mistake;
use crate::model::ModelArgs;

/// The variable with the key that `offhook load` shows to a service; it is no setting.
pub(crate) const API_KEY: &str = "OFFHOOK_API_KEY";

/// The API key of a file or of a flag, else that of the environment. An empty one there is none.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn api_key(flag: Option<&str>, file: Option<&Path>) -> Result<Option<String>> {
    let Some(path) = file else {
        let named = || std::env::var(API_KEY).ok().filter(|key| !key.is_empty());
        return Ok(flag.map(str::to_owned).or_else(named));
    };
    let text = std::fs::read_to_string(path).with_context(|| format!("--key-file: reading {}", path.display()))?;
    Ok(Some(text.trim().to_owned()))
}

/// The parameters, as asked for on the command line.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Parameters of the detector")]
pub(crate) struct SettingsArgs {
    /// Start from this named set of parameters: classic (Asterisk's AMD()), heuristic (rules on rhythm, nothing
    /// learned), hybrid, balanced, conservative or aggressive [default: balanced]
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Set one parameter, such as decide.after_greeting_silence=800ms; may be given many times. `offhook config show`
    /// lists all
    #[arg(long = "set", value_name = "NAME=VALUE")]
    pub(crate) set: Vec<String>,
    /// Read parameters from a TOML file with one section each for vad, cadence, beep, ...; the environment and flags
    /// override it [env: OFFHOOK_CONFIG]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Listen for the network tones of this country, by its two-letter code; the same as --set tone.country=CODE
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

impl SettingsArgs {
    /// The configuration file: that of the flag, else that of the environment. An empty name there is none.
    fn file(&self, environment: &[(String, String)]) -> Option<PathBuf> {
        let named = || environment.iter().find(|(name, value)| name == "OFFHOOK_CONFIG" && !value.is_empty());
        self.config.clone().or_else(|| named().map(|(_, path)| path.into()))
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody set it.
    Default,
    /// The preset differs from the default here.
    Preset(Preset),
    /// A configuration file.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Preset(preset) => write!(f, "preset {}", preset.name()),
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Environment(name) => write!(f, "${name}"),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

/// A configuration and where its values came from.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The preset that was the start.
    pub(crate) preset: Preset,
    /// Where the preset was named.
    pub(crate) preset_origin: Origin,
    /// The result, of the detector.
    pub(crate) config: DetectConfig,
    /// The result, of the service.
    pub(crate) server: ServerConfig,
    origins: BTreeMap<String, Origin>,
}

/// One value that was given, before it is applied.
struct Given {
    name: String,
    value: String,
    origin: Origin,
}

impl Settings {
    /// Reads the file and the environment, applies the flags, and checks the result.
    ///
    /// # Errors
    /// [`Mistake::Config`], or the file cannot be read.
    pub(crate) fn gather(args: &SettingsArgs) -> Result<Self> {
        let environment: Vec<_> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
            .collect();
        Self::layer(args, &environment)
    }

    /// The same with the preset of the flags replaced: for comparing presets.
    pub(crate) fn gather_with_preset(args: &SettingsArgs, preset: &str) -> Result<Self> {
        Self::gather(&SettingsArgs { preset: Some(preset.to_owned()), ..args.clone() })
    }

    fn layer(args: &SettingsArgs, environment: &[(String, String)]) -> Result<Self> {
        let mut given = Vec::new();
        let mut preset = (Preset::default(), Origin::Default);
        if let Some(path) = args.file(environment) {
            let path = &path;
            let text = std::fs::read_to_string(path).map_err(|error| {
                Mistake::Config(format!("cannot read the configuration {}: {error}", path.display()))
            })?;
            if let Some(name) = read_file(&text, path, &mut given)
                .with_context(|| format!("in the configuration file {}", path.display()))?
            {
                preset = named(&name, Origin::File(path.clone()))?;
            }
        }
        if let Some(name) = read_environment(environment, &mut given)? {
            preset = named(&name, Origin::Environment("OFFHOOK_PRESET".into()))?;
        }
        if let Some(name) = &args.preset {
            preset = named(name, Origin::Flag("--preset"))?;
        }
        if let Some(code) = &args.country {
            given.push(Given { name: "tone.country".into(), value: code.clone(), origin: Origin::Flag("--country") });
        }
        for text in &args.set {
            let (name, value) = text.split_once('=').ok_or_else(|| {
                Mistake::Config(format!(
                    "--set: given {text:?}, allowed is NAME=VALUE, such as decide.long_greeting=3s; \
                     `offhook config show` lists the names"
                ))
            })?;
            let (name, value) = (name.trim().to_owned(), value.to_owned());
            given.push(Given { name, value, origin: Origin::Flag("--set") });
        }
        Self::apply(preset, given)
    }

    fn apply((preset, preset_origin): (Preset, Origin), given: Vec<Given>) -> Result<Self> {
        let mut config = DetectConfig::preset(preset);
        let mut server = ServerConfig::default();
        let mut origins = BTreeMap::new();
        for parameter in config.parameters() {
            if parameter.value != parameter.default {
                origins.insert(parameter.name, Origin::Preset(preset));
            }
        }
        for Given { name, value, origin } in given {
            if is_of_service(&name) {
                server.set(&name, &value).map_err(refused).with_context(|| format!("from {origin}"))?;
            } else {
                config.set(&name, &value).with_context(|| format!("from {origin}"))?;
            }
            origins.insert(name, origin);
        }
        config.check()?;
        Ok(Self { preset, preset_origin, config, server, origins })
    }

    /// Checks what belongs together among the settings of the service.
    ///
    /// # Errors
    /// [`Mistake::Config`].
    pub(crate) fn check_service(&self) -> Result<()> {
        self.server.check().map_err(refused)
    }

    /// Reads and checks the file of switches, if one is named. How many rules and switches it has.
    ///
    /// # Errors
    /// [`Mistake::Config`] says where it cannot be used.
    pub(crate) fn check_switches(&self) -> Result<Option<(usize, usize)>> {
        let Some(file) = &self.server.switches.file else { return Ok(None) };
        let switches = Switches::read(file).map_err(|error| match std::error::Error::source(&error) {
            Some(why) => Mistake::Config(format!("{error}: {why}")),
            None => Mistake::Config(error.to_string()),
        })?;
        Ok(Some((switches.freeswitch.len() + switches.asterisk.len(), switches.rules.len())))
    }

    /// Gathers the settings of the service and checks them.
    ///
    /// # Errors
    /// Those of [`Self::gather`] and [`Self::check_service`].
    pub(crate) fn of_service(args: &SettingsArgs) -> Result<ServerConfig> {
        let settings = Self::gather(args)?;
        settings.check_service()?;
        Ok(settings.server)
    }

    /// Every parameter of the detector, then every setting of the service.
    pub(crate) fn all(&self) -> Vec<Parameter> {
        self.config.parameters().into_iter().chain(self.server.parameters()).collect()
    }

    /// Where the value of this parameter came from.
    pub(crate) fn origin(&self, name: &str) -> &Origin {
        self.origins.get(name).unwrap_or(&Origin::Default)
    }
}

fn refused(error: ServerConfigError) -> anyhow::Error {
    Mistake::Config(error.to_string()).into()
}

/// Whether this names a setting of the service.
fn is_of_service(name: &str) -> bool {
    name.split('.').next().is_some_and(|section| ServerConfig::SECTIONS.contains(&section))
}

fn named(name: &str, origin: Origin) -> Result<(Preset, Origin)> {
    let preset = Preset::from_name(name).with_context(|| format!("from {origin}"))?;
    Ok((preset, origin))
}

/// Collects the values of a TOML file; gives the preset, if it names one.
fn read_file(text: &str, path: &Path, given: &mut Vec<Given>) -> Result<Option<String>> {
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| Mistake::Config(error.to_string()))?;
    let sections = sections();
    let mut preset = None;
    for (key, value) in table {
        match value {
            toml::Value::String(name) if key == "preset" => preset = Some(name),
            toml::Value::Table(fields) if sections.contains(&key) => {
                for (field, value) in fields {
                    let name = format!("{key}.{field}");
                    let value = plain(&name, value)?;
                    given.push(Given { name, value, origin: Origin::File(path.to_owned()) });
                }
            }
            other => {
                return Err(Mistake::Config(format!(
                    "{key}: given {}, allowed are preset = \"name\" and the sections {}",
                    other.type_str(),
                    sections.join(", ")
                ))
                .into());
            }
        }
    }
    Ok(preset)
}

/// A scalar, or for the service a list of them, as the text that the parameter would be set from.
fn plain(name: &str, value: toml::Value) -> Result<String> {
    match value {
        toml::Value::Array(items) if is_of_service(name) => {
            let items: Result<Vec<_>> = items.into_iter().map(|item| plain(name, item)).collect();
            Ok(items?.join(","))
        }
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(flag) => Ok(flag.to_string()),
        other => Err(Mistake::Config(format!(
            "{name}: given {}, allowed is a text such as \"800ms\", a number, true or false",
            other.type_str()
        ))
        .into()),
    }
}

/// Collects the values of `OFFHOOK_…`; gives the preset, if it is named.
fn read_environment(variables: &[(String, String)], given: &mut Vec<Given>) -> Result<Option<String>> {
    let names = known();
    let mut preset = None;
    let mut ours: Vec<_> = variables.iter().filter(|(name, _)| name.starts_with("OFFHOOK_")).collect();
    ours.sort();
    for (variable, value) in ours {
        match variable.as_str() {
            "OFFHOOK_PRESET" => preset = Some(value.clone()).filter(|name| !name.is_empty()),
            "OFFHOOK_CONFIG" | API_KEY => {}
            _ => {
                let parameter = names.iter().find(|p| variable_of(&p.name) == *variable).ok_or_else(|| {
                    Mistake::Config(format!(
                        "the environment variable {variable} stands for no parameter: allowed are OFFHOOK_PRESET, \
                         OFFHOOK_CONFIG, OFFHOOK_API_KEY and OFFHOOK_<SECTION>_<FIELD>, such as {}; unset it, or see `offhook config show`",
                        variable_of("decide.long_greeting")
                    ))
                })?;
                let origin = Origin::Environment(variable.clone());
                given.push(Given { name: parameter.name.clone(), value: value.clone(), origin });
            }
        }
    }
    Ok(preset)
}

/// The environment variable that sets a parameter.
pub(crate) fn variable_of(name: &str) -> String {
    format!("OFFHOOK_{}", name.replace('.', "_").to_uppercase())
}

/// Every parameter of the detector and every setting of the service.
fn known() -> Vec<Parameter> {
    DetectConfig::default().parameters().into_iter().chain(ServerConfig::default().parameters()).collect()
}

/// The first parts of the parameters' names, each once, in order.
fn sections() -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for parameter in known() {
        let section = parameter.name.split('.').next().unwrap_or_default().to_owned();
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::time::Duration;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn gather(text: &str, environment: &[(&str, &str)], set: &[&str]) -> Result<Settings> {
        let file = file(text);
        let args = SettingsArgs {
            config: Some(file.path().to_owned()),
            set: set.iter().map(|s| (*s).to_owned()).collect(),
            ..Default::default()
        };
        let environment: Vec<_> = environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Settings::layer(&args, &environment)
    }

    #[test]
    fn flags_beat_the_environment_which_beats_the_file() {
        let text = "preset = \"conservative\"\n[ready]\nsilence = \"3s\"\nlimit = 50000\nafter_beep = \"70ms\"";
        let environment = [("OFFHOOK_READY_SILENCE", "4s"), ("OFFHOOK_READY_LIMIT", "40s"), ("HOME", "/")];
        let settings = gather(text, &environment, &["ready.silence=5s"]).unwrap();
        assert_eq!(settings.preset, Preset::Conservative);
        assert_eq!(settings.config.ready.silence, Duration::from_secs(5));
        assert_eq!(settings.config.ready.limit, Duration::from_secs(40));
        assert_eq!(settings.config.ready.after_beep, Duration::from_millis(70));
        assert_eq!(*settings.origin("ready.silence"), Origin::Flag("--set"));
        assert!(matches!(settings.origin("ready.limit"), Origin::Environment(_)));
        assert!(matches!(settings.origin("ready.after_beep"), Origin::File(_)));
        assert_eq!(*settings.origin("vad.onset"), Origin::Default);
    }

    #[test]
    fn what_is_unknown_is_an_error_that_says_what_is_allowed() {
        for (text, environment, set, says) in [
            ("[decide]\nlong_greting = \"5s\"", ("HOME", "/"), "", "decide.long_greeting"),
            ("[decode]\nx = 1", ("HOME", "/"), "", "the sections vad"),
            ("", ("OFFHOOK_DECIDE_LONG", "5s"), "", "OFFHOOK_DECIDE_LONG "),
            ("", ("HOME", "/"), "decide.long_greeting", "NAME=VALUE"),
            ("", ("HOME", "/"), "decide.long_greeting=never", "a duration such as"),
            ("preset = \"bold\"", ("HOME", "/"), "", "balanced"),
            ("[decide]\nlong_greeting = [1]", ("HOME", "/"), "", "given array"),
            ("decide = [", ("HOME", "/"), "", "TOML"),
        ] {
            let set: Vec<&str> = if set.is_empty() { vec![] } else { vec![set] };
            let error = gather(text, &[environment], &set).unwrap_err();
            let told = format!("{error:#}");
            assert!(told.contains(says), "{text:?}: {told}");
            assert_eq!(crate::exit::code_of(&error), crate::exit::Exit::Config, "{told}");
        }
    }
}
