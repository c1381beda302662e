//! The sections of the service's configuration.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use bytesize::ByteSize;

use super::setting::{section, words};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

section! {
    /// Where the service is reached, and what a request may take.
    HttpConfig "http" {
        /// Address and port to listen on. Any but a loopback address needs identities and TLS, or `http.insecure`.
        bind: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
        /// Listen on a public address without identities or without TLS, behind a proxy that has them.
        insecure: bool = false;
        /// Origins (`https://dialer.example.com`) whose pages may use the API and open WebSockets. The service's own
        /// page always may.
        origins: Vec<String> = Vec::new();
        /// The longest a request may take to be answered, streams apart.
        request_time: Duration = 30 * SECOND;
        /// The longest a client may take to send the head of a request.
        header_time: Duration = 10 * SECOND;
        /// The most connections at once; more wait in the system's queue.
        connections: u32 = 20_000;
        /// How long streams may go on after the service was told to stop.
        drain: Duration = 10 * SECOND;
        /// Take the address of a client from `X-Forwarded-For`: only behind a proxy that sets it.
        forwarded: bool = false;
    }
}

section! {
    /// TLS 1.3. Both files are read again when they change.
    TlsConfig "tls" {
        /// The certificate and those above it, as PEM.
        certificate: Option<PathBuf> = None;
        /// Its private key, as PEM.
        key: Option<PathBuf> = None;
    }
}

section! {
    /// What a recording sent to `/v1/detect` may be.
    LimitsConfig "limits" {
        /// The shortest recording.
        shortest: Duration = SECOND;
        /// The longest recording.
        longest: Duration = 30 * SECOND;
        /// The largest file, and the largest body of one recording.
        file: ByteSize = ByteSize::mb(50);
        /// The most recordings of one batch.
        batch: u32 = 32;
        /// The largest body of a batch.
        batch_size: ByteSize = ByteSize::mb(200);
        /// The sample rates, in Hz.
        sample_rates: Vec<u32> = vec![8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000];
        /// How many recordings are decoded and judged at once; more wait. 0 stands for one a processor.
        at_once: u32 = 0;
    }
}

section! {
    /// Live streams.
    StreamConfig "stream" {
        /// The most streams at once; more are refused with 503.
        most: u32 = 10_000;
        /// The longest a stream may be silent on the wire before it is closed, its verdict given.
        idle: Duration = 15 * SECOND;
        /// The longest stream, in media time.
        longest: Duration = 2 * HOUR;
        /// The largest message.
        message: ByteSize = ByteSize::kib(256);
        /// How many chunks that came too early are kept until those before them come.
        reorder: u32 = 8;
        /// The longest gap, in media time, that a jump of the sequence may stand for; more is an error.
        longest_gap: Duration = 10 * SECOND;
        /// How much faster than real time a stream may come, as `2` for twice; beyond that, and five seconds to start
        /// with, reading waits. 0 for no limit.
        pace: u32 = 0;
        /// How many bad messages a stream may send before it is closed.
        errors: u32 = 10;
    }
}

section! {
    /// Switches whose calls are watched.
    SwitchesConfig "switches" {
        /// The file that says where they are, which of their calls are watched and what is done; empty: none.
        file: Option<PathBuf> = None;
        /// How many calls that were placed by `POST /v1/calls` may go on at once.
        originate_most: u32 = 20;
    }
}

section! {
    /// Who may do what.
    AuthConfig "auth" {
        /// Let callers on the loopback address in without a key, as administrators. Only while `http.bind` is a
        /// loopback address.
        anonymous: bool = true;
        /// How long a new API key lasts.
        key_life: Duration = 30 * DAY;
        /// How long the old key goes on after a rotation.
        key_overlap: Duration = DAY;
        /// Issuer that a JSON web token must name.
        jwt_issuer: Option<String> = None;
        /// Audience that a JSON web token must name.
        jwt_audience: Option<String> = None;
        /// The public key of the issuer, as PEM.
        jwt_key: Option<PathBuf> = None;
        /// Where the issuer's keys are published (RFC 7517).
        jwks_url: Option<String> = None;
        /// An OpenID Connect provider, found by discovery; in place of `jwt_issuer` and `jwks_url`.
        oidc_issuer: Option<String> = None;
        /// How long published keys are used before they are asked for again.
        jwks_life: Duration = 10 * MINUTE;
        /// How far the clocks of an issuer and of the service may differ.
        leeway: Duration = MINUTE;
        /// Requests a minute for the role `client`.
        client_rate: u32 = 100;
        /// Requests a minute for the role `admin`.
        admin_rate: u32 = 1_000;
    }
}

section! {
    /// Where records and audio are kept.
    StorageConfig "storage" {
        /// The folder for everything embedded: database, journal, audio, keys.
        folder: PathBuf = PathBuf::from("offhook-data");
        /// `postgres://…`, or `sqlite:PATH`; empty: SQLite in the folder.
        database: Option<String> = None;
        /// Connections to the database.
        connections: u32 = 8;
        /// Wait for the disk before a record is called safe. It then survives a loss of power, not only the death of the
        /// process.
        sync: bool = false;
        /// Bring the tables up to date at start. Else a database that is behind is refused; see `offhook db migrate`.
        migrate: bool = true;
        /// `s3://BUCKET/PREFIX`, or a folder; empty: `audio` in the folder.
        audio: Option<String> = None;
        /// The address of an S3-compatible store that is not Amazon's.
        s3_endpoint: Option<String> = None;
        /// Its region. Its credentials come from `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`.
        s3_region: String = "us-east-1".into();
    }
}

words! {
    /// Whose audio is kept.
    Keep, "none, all, or unsure (verdicts under 90 % sure, and one call in ten of the rest)" {
        /// No call's.
        None = "none",
        /// Every call's.
        All = "all",
        /// Of calls whose verdict is less than 90 % sure, and of one call in ten of the rest, for honest figures.
        Unsure = "unsure",
    }
}

section! {
    /// Audio at rest.
    AudioConfig "audio" {
        /// Whose audio is kept.
        keep: Keep = Keep::All;
        /// How much of a call is kept, from its beginning.
        longest: Duration = 30 * SECOND;
        /// The key that wraps the keys of recordings, as 32 bytes in base64 or hex: `file:PATH`, `env:NAME`,
        /// `command:PROGRAM ARGUMENTS`; empty: a file that is made in the folder. An old key that must still open what it
        /// wrapped follows after a comma.
        key: Vec<String> = Vec::new();
    }
}

section! {
    /// How long what is kept is kept.
    RetentionConfig "retention" {
        /// Audio.
        audio: Duration = 7 * DAY;
        /// Records of calls, with their events and numbers.
        calls: Duration = 90 * DAY;
        /// How often what is too old is looked for.
        sweep: Duration = HOUR;
    }
}

words! {
    /// How telephone numbers are kept.
    Numbers, "hash, mask or plain" {
        /// As a keyed hash, the same for the same number.
        Hash = "hash",
        /// With all but the last three digits hidden.
        Mask = "mask",
        /// As they are.
        Plain = "plain",
    }
}

section! {
    /// Personal data.
    PrivacyConfig "privacy" {
        /// How telephone numbers are kept in records and sent to subscribers. Log lines never have them.
        numbers: Numbers = Numbers::Mask;
    }
}

section! {
    /// Webhooks.
    WebhookConfig "webhooks" {
        /// How often a delivery is tried before it is put on the dead-letter list. Between tries the wait doubles,
        /// from a second up to an hour.
        attempts: u32 = 8;
        /// The longest that a receiver may take to answer.
        answer_time: Duration = 5 * SECOND;
        /// Deliveries at once.
        at_once: u32 = 16;
        /// Allow receivers on loopback and private addresses.
        private: bool = false;
    }
}

words! {
    /// How a log line looks.
    LogFormat, "json or text" {
        /// One JSON object a line.
        Json = "json",
        /// For people.
        Text = "text",
    }
}

section! {
    /// Logs.
    LogConfig "log" {
        /// The least level that is told: error, warn, info, debug or trace; or directives such as `info,sqlx=warn`.
        level: String = "info".into();
        /// How a line looks. Where it is not set, a terminal gets text.
        format: LogFormat = LogFormat::Json;
        /// Tell standard error.
        console: bool = true;
        /// A folder for files, a new one each day.
        folder: Option<PathBuf> = None;
        /// How many daily files are kept.
        files: u32 = 30;
        /// A syslog server (RFC 5424): `udp://HOST:PORT`, `tcp://HOST:PORT` or `unix:PATH`.
        syslog: Option<String> = None;
    }
}

section! {
    /// Traces.
    TelemetryConfig "telemetry" {
        /// An OpenTelemetry collector that takes OTLP over HTTP, such as `http://localhost:4318`.
        otlp: Option<String> = None;
        /// The share of calls that are traced, in percent.
        sample: u32 = 100;
        /// The name of the service in traces and logs.
        service: String = "offhook".into();
    }
}

section! {
    /// The dashboard.
    DashboardConfig "dashboard" {
        /// Serve it at `/`.
        enabled: bool = true;
        /// Play a demonstration call at start, and whenever one is asked for.
        demo: bool = true;
    }
}
