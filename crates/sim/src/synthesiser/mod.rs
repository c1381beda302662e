//! Speech synthesisers that are installed on the machine, each run as a process that writes a WAV to its output.
//!
//! espeak-ng, flite and festival are Debian packages of these names. What they say can be made out, unlike what the
//! built-in voice says; their voices still aren't people's.

mod wav;

use crate::random::Random;
use crate::signal::resample;
use offhook_audio::RATE;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use wav::Wave;

/// A synthesiser that the simulator knows how to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// eSpeak NG: formant synthesis, many voices.
    EspeakNg,
    /// Flite: a small concatenative and statistical synthesiser.
    Flite,
    /// Festival by its program `text2wave`.
    Festival,
}

/// A synthesiser did not speak.
#[derive(Debug, thiserror::Error)]
pub enum SynthesisError {
    /// The program is not on the path.
    #[error(
        "synthesiser {engine} is not installed: {program} is not on the path; install the Debian package {package}"
    )]
    NotInstalled {
        /// The synthesiser.
        engine: &'static str,
        /// The program looked for.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
    },
    /// The program could not be started or written to.
    #[error("synthesiser {engine} could not be run")]
    Run {
        /// The synthesiser.
        engine: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The program ended with an error.
    #[error("synthesiser {engine} failed with {status}: {message}")]
    Failed {
        /// The synthesiser.
        engine: &'static str,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The beginning of what it said.
        message: String,
    },
    /// What the program wrote is not a WAV of 16-bit PCM.
    #[error("synthesiser {engine} wrote {given} instead of a 16-bit PCM WAV")]
    Output {
        /// The synthesiser.
        engine: &'static str,
        /// What it wrote.
        given: &'static str,
    },
}

/// How something is spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Manner {
    /// A voice of the engine: see [`Engine::voices`].
    pub voice: String,
    /// Speed relative to the engine's own, 0.5 to 2.
    pub speed: f64,
    /// Pitch relative to the voice's own, 0.5 to 2. Festival has no such setting and ignores it.
    pub pitch: f64,
}

impl Manner {
    /// A random voice of `engine` at a random speed and pitch.
    pub fn drawn(engine: Engine, random: &mut Random) -> Self {
        Self {
            voice: random.pick(engine.voices()).copied().unwrap_or_default().to_owned(),
            speed: random.between(0.8..1.3),
            pitch: random.between(0.8..1.25),
        }
    }
}

impl Engine {
    /// Every engine.
    pub const ALL: [Self; 3] = [Self::EspeakNg, Self::Flite, Self::Festival];

    /// Its name, which is that of its Debian package.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EspeakNg => "espeak-ng",
            Self::Flite => "flite",
            Self::Festival => "festival",
        }
    }

    const fn program(self) -> &'static str {
        match self {
            Self::EspeakNg => "espeak-ng",
            Self::Flite => "flite",
            Self::Festival => "text2wave",
        }
    }

    /// English voices that come with the package.
    pub const fn voices(self) -> &'static [&'static str] {
        match self {
            Self::EspeakNg => &[
                "en-us",
                "en-us+m1",
                "en-us+m3",
                "en-us+m5",
                "en-us+m7",
                "en-us+f1",
                "en-us+f2",
                "en-us+f3",
                "en-us+f4",
                "en-us+f5",
                "en-gb",
                "en-gb+m2",
                "en-gb+f2",
                "en-gb-x-rp",
                "en-gb-scotland",
                "en-gb-x-gbcwmd",
                "en-029",
            ],
            Self::Flite => &["kal", "awb", "rms", "slt", "kal16"],
            Self::Festival => &["kal_diphone"],
        }
    }
}

/// A synthesiser that was found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Synthesiser {
    engine: Engine,
    program: PathBuf,
}

impl Synthesiser {
    /// Looks for an engine on the path.
    ///
    /// # Errors
    /// [`SynthesisError::NotInstalled`] with the package to install.
    pub fn find(engine: Engine) -> Result<Self, SynthesisError> {
        std::env::var_os("PATH")
            .iter()
            .flat_map(std::env::split_paths)
            .map(|folder| folder.join(engine.program()))
            .find(|program| program.is_file())
            .map(|program| Self { engine, program })
            .ok_or(SynthesisError::NotInstalled {
                engine: engine.name(),
                program: engine.program(),
                package: engine.name(),
            })
    }

    /// Every engine that is installed.
    pub fn installed() -> Vec<Self> {
        Engine::ALL.into_iter().filter_map(|engine| Self::find(engine).ok()).collect()
    }

    /// Which engine it is.
    pub const fn engine(&self) -> Engine {
        self.engine
    }

    /// Speaks `text`: samples ±1 at 8 kHz. The same version of the same engine says the same thing the same way.
    ///
    /// # Errors
    /// [`SynthesisError`] if the program cannot be run, fails, or writes something else than a WAV.
    pub fn speak(&self, text: &str, manner: &Manner) -> Result<Vec<f32>, SynthesisError> {
        let engine = self.engine.name();
        let run = |source| SynthesisError::Run { engine, source };
        let mut process = self
            .command(text, manner)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(run)?;
        if let Some(mut input) = process.stdin.take() {
            match input.write_all(text.as_bytes()) {
                // The program may have ended, or not read its input: then its status says why.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(run(error)),
                _ => {}
            }
        }
        let output = process.wait_with_output().map_err(run)?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).chars().take(200).collect();
            return Err(SynthesisError::Failed { engine, status: output.status, message });
        }
        let wave = Wave::parse(&output.stdout).map_err(|given| SynthesisError::Output { engine, given })?;
        Ok(resample(&wave.samples, f64::from(wave.rate), f64::from(RATE)))
    }

    /// The text goes to the program's input, except for flite, which has it as an argument.
    fn command(&self, text: &str, manner: &Manner) -> Command {
        let mut command = Command::new(&self.program);
        let speed = bounded(manner.speed);
        let pitch = bounded(manner.pitch);
        match self.engine {
            Engine::EspeakNg => {
                let words_a_minute = (165.0 * speed).round().to_string();
                let pitch = (50.0 * pitch).round().min(99.0).to_string();
                command.args(["--stdin", "--stdout", "-v", &manner.voice, "-s", &words_a_minute, "-p", &pitch]);
            }
            Engine::Flite => {
                let stretch = format!("duration_stretch={:.3}", 1.0 / speed);
                let shift = format!("f0_shift={pitch:.3}");
                command.args(["-voice", &manner.voice, "--setf", &stretch, "--setf", &shift]);
                command.args(["-t", text, "-o", "/dev/stdout"]);
            }
            Engine::Festival => {
                let stretch = format!("(Parameter.set 'Duration_Stretch {:.3})", 1.0 / speed);
                command.args(["-F", "8000", "-eval", &stretch]);
            }
        }
        command
    }
}

fn bounded(relative: f64) -> f64 {
    if relative.is_nan() { 1.0 } else { relative.clamp(0.5, 2.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::trimmed;

    #[test]
    fn what_is_installed_speaks() {
        for synthesiser in Synthesiser::installed() {
            let manner = Manner { voice: synthesiser.engine().voices()[0].to_owned(), speed: 1.0, pitch: 1.0 };
            let spoken = synthesiser.speak("Hello, this is a test.", &manner).unwrap();
            let seconds = trimmed(&spoken).len() as f64 / 8000.0;
            assert!((0.8..3.5).contains(&seconds), "{:?} {seconds}", synthesiser.engine());
            let faster = synthesiser.speak("Hello, this is a test.", &Manner { speed: 1.5, ..manner }).unwrap();
            assert!(trimmed(&faster).len() < trimmed(&spoken).len(), "{:?}", synthesiser.engine());
        }
    }

    #[test]
    fn a_missing_program_is_told_by_name() {
        let absent = Synthesiser { engine: Engine::EspeakNg, program: "/nonexistent/espeak-ng".into() };
        let manner = Manner { voice: "en".into(), speed: f64::NAN, pitch: 9.0 };
        let error = absent.speak("Hello", &manner).unwrap_err();
        assert!(matches!(error, SynthesisError::Run { engine: "espeak-ng", .. }), "{error}");
        let message = SynthesisError::NotInstalled { engine: "flite", program: "flite", package: "flite" }.to_string();
        assert!(message.contains("install the Debian package flite"), "{message}");
    }

    #[test]
    fn a_program_that_fails_or_writes_nonsense_is_told() {
        let manner = Manner { voice: "en".into(), speed: 1.0, pitch: 1.0 };
        let failing = Synthesiser { engine: Engine::Festival, program: "/bin/false".into() };
        assert!(matches!(failing.speak("Hello", &manner), Err(SynthesisError::Failed { .. })));
        let nonsense = Synthesiser { engine: Engine::Flite, program: "/bin/echo".into() };
        assert!(matches!(nonsense.speak("Hello", &manner), Err(SynthesisError::Output { .. })));
    }
}
