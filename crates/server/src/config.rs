//! What the service is asked to do: one plain struct a concern, each setting with its default.

mod sections;
mod setting;

use offhook_detect::Parameter;

pub use sections::{
    AudioConfig, AuthConfig, DashboardConfig, HttpConfig, Keep, LimitsConfig, LogConfig, LogFormat, Numbers,
    PrivacyConfig, RetentionConfig, StorageConfig, StreamConfig, SwitchesConfig, TelemetryConfig, TlsConfig,
    WebhookConfig,
};
pub use setting::Setting;

/// A setting that cannot be used: its name, what was given, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: given {given:?}, allowed is {allowed}")]
pub struct ServerConfigError {
    /// The setting's name: `http.bind`.
    pub field: String,
    /// What was given.
    pub given: String,
    /// What is allowed.
    pub allowed: String,
}

impl ServerConfigError {
    pub(crate) fn new(field: &str, given: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { field: field.to_owned(), given: given.into(), allowed: allowed.into() }
    }
}

macro_rules! server_config {
    ($($(#[doc = $doc:literal])* $section:ident: $type:ident,)*) => {
        /// The whole configuration of the service, but for the detector's.
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct ServerConfig {
            $($(#[doc = $doc])* pub $section: $type,)*
        }

        impl ServerConfig {
            /// The names of the sections, in order.
            pub const SECTIONS: &'static [&'static str] = &[$($type::KEY,)*];

            /// What each section is about, in the same order.
            pub const ABOUT: &'static [&'static str] = &[$($type::ABOUT,)*];

            /// Every setting as it stands, in order.
            pub fn parameters(&self) -> Vec<Parameter> {
                let mut parameters = Vec::new();
                $(self.$section.settings(&mut parameters);)*
                parameters
            }

            /// Sets one setting, named in full, from its text.
            ///
            /// # Errors
            /// The name stands for none, or the text does not fit.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), ServerConfigError> {
                let (section, field) = name.split_once('.').unwrap_or((name, ""));
                let known = match section {
                    $($type::KEY => self.$section.set(field, text)?,)*
                    _ => false,
                };
                if known { Ok(()) } else { Err(self.unknown(name)) }
            }
        }
    };
}

server_config! {
    /// Where the service is reached.
    http: HttpConfig,
    /// TLS.
    tls: TlsConfig,
    /// What a recording may be.
    limits: LimitsConfig,
    /// Live streams.
    stream: StreamConfig,
    /// Who may do what.
    auth: AuthConfig,
    /// Where records and audio are kept.
    storage: StorageConfig,
    /// Audio at rest.
    audio: AudioConfig,
    /// How long what is kept is kept.
    retention: RetentionConfig,
    /// Personal data.
    privacy: PrivacyConfig,
    /// Webhooks.
    webhooks: WebhookConfig,
    /// Switches.
    switches: SwitchesConfig,
    /// Logs.
    log: LogConfig,
    /// Traces.
    telemetry: TelemetryConfig,
    /// The dashboard.
    dashboard: DashboardConfig,
}

impl ServerConfig {
    fn unknown(&self, name: &str) -> ServerConfigError {
        let section = name.split('.').next().unwrap_or_default();
        let of_section: Vec<String> = self
            .parameters()
            .into_iter()
            .map(|parameter| parameter.name)
            .filter(|known| known.split('.').next() == Some(section))
            .collect();
        let allowed = if of_section.is_empty() {
            format!("a section of {}", Self::SECTIONS.join(", "))
        } else {
            of_section.join(", ")
        };
        ServerConfigError::new("setting", name, allowed)
    }

    /// Whether callers must show who they are: there is no anonymous access, for the address is public or it was
    /// turned off.
    pub fn identities_needed(&self) -> bool {
        !(self.auth.anonymous && self.http.bind.ip().is_loopback())
    }

    /// Checks what belongs together.
    ///
    /// # Errors
    /// Names the setting, what was given and what is allowed: among them a public address without TLS, unless
    /// `http.insecure` says so.
    pub fn check(&self) -> Result<(), ServerConfigError> {
        let refuse = |field: &str, given: String, allowed: &str| Err(ServerConfigError::new(field, given, allowed));
        let Self { http, tls, limits, auth, .. } = self;
        if tls.certificate.is_some() != tls.key.is_some() {
            let (given, missing) =
                if tls.key.is_some() { ("tls.key", "tls.certificate") } else { ("tls.certificate", "tls.key") };
            return refuse(missing, String::new(), &format!("a file, for {given} is set"));
        }
        if !http.bind.ip().is_loopback() && tls.certificate.is_none() && !http.insecure {
            return refuse(
                "http.bind",
                http.bind.to_string(),
                "a loopback address, unless tls.certificate and tls.key are set, or http.insecure is true because a \
                 proxy before the service does TLS",
            );
        }
        if limits.shortest > limits.longest {
            let allowed = format!("at most limits.longest, {}", limits.longest.show());
            return refuse("limits.shortest", limits.shortest.show(), &allowed);
        }
        for rate in &limits.sample_rates {
            if !(8_000..=48_000).contains(rate) {
                return refuse("limits.sample_rates", rate.to_string(), "8000 to 48000 Hz");
            }
        }
        for (name, rate) in [("auth.client_rate", auth.client_rate), ("auth.admin_rate", auth.admin_rate)] {
            if rate == 0 {
                return refuse(name, "0".into(), "at least 1 a minute");
            }
        }
        for (name, time) in [
            ("http.request_time", http.request_time),
            ("http.header_time", http.header_time),
            ("stream.idle", self.stream.idle),
            ("retention.sweep", self.retention.sweep),
            ("auth.key_life", auth.key_life),
        ] {
            if time.is_zero() {
                return refuse(name, time.show(), "more than 0s");
            }
        }
        crate::telemetry::check(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sound_and_every_setting_can_be_set_to_what_it_shows() {
        let mut config = ServerConfig::default();
        config.check().unwrap();
        for parameter in config.clone().parameters() {
            config.set(&parameter.name, &parameter.value).unwrap();
        }
        assert_eq!(config, ServerConfig::default());
    }

    #[test]
    fn a_public_address_needs_tls_or_a_word() {
        let mut config = ServerConfig::default();
        config.set("http.bind", "0.0.0.0:80").unwrap();
        assert_eq!(config.check().unwrap_err().field, "http.bind");
        config.set("http.insecure", "true").unwrap();
        config.check().unwrap();
        assert!(config.identities_needed());
    }

    #[test]
    fn logs_and_traces_are_checked_with_the_rest() {
        for (name, value) in [
            ("log.level", "loud=very"),
            ("log.files", "0"),
            ("log.syslog", "nowhere"),
            ("telemetry.otlp", "localhost"),
            ("telemetry.sample", "101"),
        ] {
            let mut config = ServerConfig::default();
            config.set(name, value).unwrap();
            let refused = config.check().unwrap_err();
            assert_eq!((refused.field.as_str(), refused.given.as_str()), (name, value));
        }
    }

    #[test]
    fn what_is_unknown_is_told_with_what_is_known() {
        let mut config = ServerConfig::default();
        assert!(config.set("http.prot", "1").unwrap_err().allowed.contains("http.bind"));
        assert!(config.set("https.port", "1").unwrap_err().allowed.contains("tls"));
        assert_eq!(config.set("stream.idle", "soon").unwrap_err().field, "stream.idle");
    }
}
