//! Every parameter can be set to what it shows, and to nothing that is not allowed; an error names the field, what was
//! given and what is allowed.

use std::time::Duration;

use offhook_detect::{ConfigError, DetectConfig, Params, Preset};

type Change = fn(&mut DetectConfig);

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// The number in a text such as `500ms`, and the unit.
fn number(text: &str) -> (f64, String) {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(text.len());
    (text[..end].parse().expect("a number"), text[end..].to_owned())
}

#[test]
fn every_parameter_can_be_set_to_what_it_shows() {
    for preset in Preset::ALL {
        let shown = DetectConfig::preset(preset);
        let mut set = DetectConfig::default();
        for parameter in shown.parameters() {
            set.set(&parameter.name, &parameter.value).expect("a value that is shown");
        }
        assert_eq!(set, shown, "{}", preset.name());
        assert!(Params::new(set).is_ok());
    }
}

#[test]
fn every_parameter_has_a_meaning_and_a_default_that_is_allowed() {
    let mut config = DetectConfig::default();
    for parameter in DetectConfig::default().parameters() {
        assert!(parameter.doc.ends_with('.') && parameter.doc.len() > 10, "{}: {}", parameter.name, parameter.doc);
        assert_eq!(parameter.value, parameter.default, "{}", parameter.name);
        assert_eq!(config.set(&parameter.name, &parameter.default), Ok(()), "{}", parameter.name);
    }
}

#[test]
fn a_value_beyond_either_end_of_its_range_is_refused_and_the_ends_are_taken() {
    let mut ranges = 0;
    for parameter in DetectConfig::default().parameters() {
        let Some((least, most)) = parameter.allowed.split_once(" to ") else { continue };
        ranges += 1;
        let (least_number, unit) = number(least);
        let (most_number, _) = number(most);
        for end in [least, most] {
            let mut config = DetectConfig::default();
            assert_eq!(config.set(&parameter.name, end), Ok(()), "{}={end}", parameter.name);
            let shown = config.parameters().into_iter().find(|other| other.name == parameter.name).map(|p| p.value);
            assert_eq!(shown.as_deref(), Some(end), "{}", parameter.name);
        }
        for beyond in [least_number - 1.0, most_number + 1.0] {
            let given = format!("{beyond}{unit}");
            let before = DetectConfig::default();
            let mut config = before;
            match config.set(&parameter.name, &given) {
                Err(ConfigError::OutOfRange { field, given: told, allowed }) => {
                    assert_eq!((field, &told, &allowed), (parameter.name.as_str(), &given, &parameter.allowed));
                }
                // A duration or a count below zero is no value at all.
                Err(ConfigError::Unreadable { field, given: told, expected }) => {
                    // Nor is a share above one.
                    let most = if expected.starts_with("a share") { 1.0 } else { 65_535.0 };
                    assert!(!(0.0..=most).contains(&beyond), "{field}={given}");
                    assert_eq!((field, &told), (parameter.name.as_str(), &given));
                    assert!(!expected.is_empty());
                }
                other => panic!("{}={given}: {other:?}", parameter.name),
            }
            assert_eq!(config, before, "a value that is refused is not kept: {}", parameter.name);
        }
    }
    assert!(ranges > 30, "{ranges}");
}

#[test]
fn a_text_that_is_no_value_is_refused_with_its_form() {
    for parameter in DetectConfig::default().parameters() {
        for given in ["", "soon", "1e", "NaN", "inf", "5 bananas"] {
            let error = DetectConfig::default().set(&parameter.name, given).expect_err(given);
            let ConfigError::Unreadable { field, given: told, expected } = error else {
                panic!("{}={given:?}: {error}", parameter.name)
            };
            assert_eq!((field, told.as_str()), (parameter.name.as_str(), given));
            assert!(!expected.is_empty());
        }
    }
}

#[test]
fn an_unknown_parameter_is_refused_with_the_names_there_are() {
    for name in ["", "vad", "vad.", "vad.onsets", "decide.decide.total_time", "onset"] {
        let error = DetectConfig::default().set(name, "1").expect_err(name);
        let ConfigError::UnknownField { given, allowed } = error else { panic!("{name}: {error}") };
        assert_eq!(given, name);
        assert!(allowed.contains("vad.onset") && allowed.contains("ready.limit"));
    }
}

#[test]
fn fields_out_of_range_are_refused_however_they_came_to_be() {
    let cases: [(Change, &str); 4] = [
        (|c| c.vad.onset = ms(5), "vad.onset"),
        (|c| c.vad.snr_db = f32::NAN, "vad.snr_db"),
        (|c| c.classic.silence_threshold = 40_000, "classic.silence_threshold"),
        (|c| c.ready.limit = ms(u64::MAX / 1000), "ready.limit"),
    ];
    for (change, name) in cases {
        let mut config = DetectConfig::default();
        change(&mut config);
        let error = Params::new(config).expect_err(name);
        assert!(matches!(error, ConfigError::OutOfRange { field, .. } if field == name), "{error}");
    }
}

#[test]
fn parameters_that_shut_a_verdict_out_are_refused() {
    let cases: [(Change, &str, &str); 7] = [
        (|c| c.decide.short_greeting = ms(1000), "decide.longer_greeting", "decide.short_greeting (1000ms)"),
        (|c| c.decide.longer_greeting = ms(2600), "decide.long_greeting", "decide.longer_greeting (2600ms)"),
        (
            |c| c.decide.after_greeting_silence = ms(1900),
            "decide.after_longer_greeting_silence",
            "decide.after_greeting_silence (1900ms)",
        ),
        (|c| c.decide.initial_silence = ms(21_000), "decide.total_time", "decide.initial_silence (21000ms)"),
        (
            |c| c.decide.long_greeting = ms(19_000),
            "decide.total_time",
            "decide.long_greeting + decide.after_longer_greeting_silence (20800ms)",
        ),
        (|c| c.weigh.least_silence = ms(2500), "weigh.late_silence", "weigh.least_silence (2500ms)"),
        (|c| c.beep.least_length = ms(900), "beep.most_length", "beep.least_length (900ms)"),
    ];
    for (change, name, least) in cases {
        let mut config = DetectConfig::default();
        config.beep.most_length = ms(800);
        change(&mut config);
        let error = Params::new(config).expect_err(name);
        let ConfigError::OutOfRange { field, given, allowed } = &error else { panic!("{error}") };
        let parameter = config.parameters().into_iter().find(|parameter| parameter.name == name).expect(name);
        assert_eq!((*field, given), (name, &parameter.value));
        assert_eq!(allowed, &format!("at least {least}"));
    }
}
