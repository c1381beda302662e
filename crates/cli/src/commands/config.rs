mod page;

use std::io::{self, Write as _};

use anyhow::Result;
use clap::{Args, Subcommand};
use offhook_detect::Preset;

use crate::exit::Exit;
use crate::settings::{Settings, SettingsArgs};
use crate::terminal::{Ink, Paint};

/// Show or check the parameters of the detector and the settings of the service
#[derive(Args, Debug)]
#[command(after_help = AFTER, after_long_help = AFTER)]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Every parameter: its value, where the value came from, and what is allowed
    Show {
        /// Print a page (Markdown) that says what each parameter means, its unit, and what it is called elsewhere
        #[arg(long)]
        docs: bool,
        /// Print a configuration file with these values
        #[arg(long, conflicts_with = "docs")]
        toml: bool,
        #[command(flatten)]
        settings: SettingsArgs,
    },
    /// Say whether the parameters and the file of switches can be used, and list what is not at its default
    Check {
        #[command(flatten)]
        settings: SettingsArgs,
    },
}

const AFTER: &str = "\
Where values come from, each overriding the one before:
  the preset, --preset
  a file, --config or OFFHOOK_CONFIG
  the environment, OFFHOOK_PRESET and OFFHOOK_<SECTION>_<FIELD>
  flags, --set and --country

What is unknown is an error.

Examples:
  offhook config show --preset conservative
  offhook config show --toml > offhook.toml
  OFFHOOK_DECIDE_LONG_GREETING=3s offhook config check --config offhook.toml";

pub(crate) fn run(args: &ConfigArgs) -> Result<Exit> {
    let paint = Paint::for_output();
    let mut out = io::stdout().lock();
    match &args.action {
        Action::Show { docs, toml, settings } => {
            let settings = Settings::gather(settings)?;
            match (*toml, *docs) {
                (true, _) => write_toml(&mut out, &settings)?,
                (_, true) => page::write(&mut out, &settings)?,
                _ => show(&mut out, &settings, paint)?,
            }
        }
        Action::Check { settings } => {
            let settings = Settings::gather(settings)?;
            settings.check_service()?;
            let switches = settings.check_switches()?;
            writeln!(out, "the configuration can be used: preset {}", settings.preset.name())?;
            if let Some((switches, rules)) = switches {
                writeln!(out, "the file of switches can be used: {switches} switches, {rules} rules")?;
            }
            for parameter in settings.all().iter().filter(|p| p.value != p.default) {
                let origin = settings.origin(&parameter.name);
                writeln!(out, "  {} = {} ({origin})", parameter.name, parameter.value)?;
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn show(out: &mut dyn io::Write, settings: &Settings, paint: Paint) -> io::Result<()> {
    let preset = format!("{:<34} {:<12}", "preset", settings.preset.name());
    writeln!(
        out,
        "{} {:<22} {}",
        paint.mark(Ink::Strong, preset),
        settings.preset_origin.to_string(),
        Preset::ALL.map(Preset::name).join(", ")
    )?;
    for parameter in settings.all() {
        let origin = settings.origin(&parameter.name).to_string();
        let value = format!("{:<34} {:<12}", parameter.name, parameter.value);
        let ink = if parameter.value == parameter.default { Ink::Faint } else { Ink::Strong };
        let value = if parameter.value == parameter.default { value } else { paint.mark(ink, value) };
        writeln!(out, "{value} {origin:<22} {}", parameter.allowed)?;
    }
    Ok(())
}

fn write_toml(out: &mut dyn io::Write, settings: &Settings) -> io::Result<()> {
    writeln!(out, "preset = \"{}\"", settings.preset.name())?;
    let mut section = String::new();
    for parameter in settings.all() {
        let (of, field) = parameter.name.split_once('.').unwrap_or((&parameter.name, ""));
        if of != section {
            section = of.to_owned();
            writeln!(out, "\n[{section}]")?;
        }
        writeln!(out, "# {}\n# Allowed: {}.", parameter.doc, parameter.allowed)?;
        writeln!(out, "{field} = \"{}\"", parameter.value)?;
    }
    Ok(())
}
