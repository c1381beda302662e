//! One row per vocabulary.
//!
//! Where a system has a word for a verdict or a cause, that word stands here. Where it has none:
//!
//! - The result is the nearest one it has, and never its word for a machine where a person may be on the line: a call
//!   screener, silence and an unknown party are "not sure".
//! - The cause is a new word in the system's own style (`BEEP-1000-240`). A rule that looks for the words it knows
//!   passes over it, and a log says what happened; a known word with made-up numbers would mislead both.

use super::{Announcement, Causes, Hooks, MessageEnd, Source, Vocabulary};
use crate::verdict::AnsweredBy;

pub(super) const ALL: &[Vocabulary] =
    &[OFFHOOK, ASTERISK, SEANBRIGHT, WEBITEL, SILVIUCPP, W1CK3DZA, NEXIS, TWILIO_ENABLE, TWILIO_MESSAGE_END];

/// The results of a system that knows three.
const fn three(human: &'static str, machine: &'static str, unsure: &'static str) -> [&'static str; 10] {
    let mut words = [machine; 10];
    words[AnsweredBy::Human.index()] = human;
    words[AnsweredBy::CallScreener.index()] = unsure;
    words[AnsweredBy::Silence.index()] = unsure;
    words[AnsweredBy::Unknown.index()] = unsure;
    words
}

const fn own_results() -> [&'static str; 10] {
    let mut words = [""; 10];
    let mut i = 0;
    while i < words.len() {
        words[i] = AnsweredBy::ALL[i].word();
        i += 1;
    }
    words
}

/// The causes of Asterisk. An empty cause goes with HANGUP there.
const ASTERISK_CAUSES: Causes = Causes {
    short_greeting: "HUMAN",
    silence_after_greeting: "SILENCEAFTERGREETING",
    long_greeting: "LONGGREETING",
    too_many_words: "MAXWORDS",
    long_word: "MAXWORDLENGTH",
    cadence: "CADENCE",
    weighed: None,
    initial_silence: "INITIALSILENCE",
    beep: "BEEP",
    sit: "SIT",
    fax: "FAX",
    supervisory: "TONE",
    music: "MUSIC",
    conversation: "CONVERSATION",
    timeout: "TOOLONG",
    no_audio: "NOAUDIODATA",
    hung_up: "",
};

/// mod_amd has one word for time that ran out, and says the same where it finds no verdict at the end.
const MOD_AMD_CAUSES: Causes = Causes { no_audio: "TOOLONG", hung_up: "TOOLONG", ..ASTERISK_CAUSES };

const OFFHOOK: Vocabulary = Vocabulary {
    name: "offhook",
    about: "Our own words: all that is known",
    fields: &[
        ("answered_by", Source::Result),
        ("confidence", Source::Confidence),
        ("stage", Source::Stage),
        ("cause", Source::Cause),
        ("cause_detail", Source::Detail),
        ("verdict_ms", Source::VerdictTime),
        ("sit_code", Source::Sit),
        ("beep_detected", Source::BeepDetected),
        ("beep_ms", Source::BeepTime),
        ("beep_hz", Source::BeepHz),
        ("ready", Source::Ready),
        ("ready_ms", Source::ReadyTime),
    ],
    results: own_results(),
    result_of_initial_silence: None,
    result_of_hang_up: None,
    message_end: None,
    causes: Causes {
        short_greeting: "short_greeting",
        silence_after_greeting: "short_greeting",
        long_greeting: "long_greeting",
        too_many_words: "too_many_words",
        long_word: "long_word",
        cadence: "cadence",
        weighed: Some("weighed"),
        initial_silence: "initial_silence",
        beep: "beep",
        sit: "sit",
        fax: "fax",
        supervisory: "supervisory",
        music: "music",
        conversation: "conversation",
        timeout: "timeout",
        no_audio: "no_audio",
        hung_up: "hung_up",
    },
    numbers: false,
    event: None,
    hooks: None,
};

const ASTERISK: Vocabulary = Vocabulary {
    name: "asterisk",
    about: "The channel variables of Asterisk's AMD()",
    fields: &[("AMDSTATUS", Source::Result), ("AMDCAUSE", Source::Cause)],
    results: three("HUMAN", "MACHINE", "NOTSURE"),
    result_of_initial_silence: None,
    result_of_hang_up: Some("HANGUP"),
    message_end: None,
    causes: ASTERISK_CAUSES,
    numbers: true,
    event: None,
    hooks: None,
};

/// The variables of every mod_amd, with the beep of W1ck3dZA's roadmap.
const MOD_AMD_FIELDS: &[(&str, Source)] = &[
    ("amd_result", Source::Result),
    ("amd_cause", Source::Cause),
    ("amd_beep_detected", Source::BeepDetected),
    ("amd_beep_time_ms", Source::BeepTime),
];

const AMD_HEADERS: &[(&str, Source)] = &[("AMD-Result", Source::Result), ("AMD-Cause", Source::Cause)];

const SEANBRIGHT: Vocabulary = Vocabulary {
    name: "seanbright",
    about: "The channel variables of FreeSWITCH's mod_amd by seanbright",
    fields: MOD_AMD_FIELDS,
    results: three("HUMAN", "MACHINE", "NOTSURE"),
    result_of_initial_silence: None,
    result_of_hang_up: Some("NOTSURE"),
    message_end: None,
    causes: MOD_AMD_CAUSES,
    numbers: false,
    event: None,
    hooks: None,
};

const WEBITEL: Vocabulary = Vocabulary {
    name: "webitel",
    about: "The channel variables and event of FreeSWITCH's mod_amd by webitel, rtckit and areski",
    result_of_hang_up: Some("CANCEL"),
    causes: Causes { short_greeting: "SILENCEAFTERGREETING", hung_up: "CANCEL", ..MOD_AMD_CAUSES },
    event: Some(Announcement { subclass: "amd::info", headers: &[] }),
    hooks: Some(Hooks { human: "amd_on_human", machine: "amd_on_machine", unsure: "amd_on_notsure" }),
    ..SEANBRIGHT
};

const SILVIUCPP: Vocabulary = Vocabulary {
    name: "silviucpp",
    about: "The channel variables and event of FreeSWITCH's mod_amd by silviucpp",
    results: three("HUMAN", "MACHINE", "NOT_SURE"),
    result_of_hang_up: Some("CANCEL"),
    causes: Causes {
        short_greeting: "SILENCE_AFTER_GREETING",
        silence_after_greeting: "SILENCE_AFTER_GREETING",
        long_greeting: "LONG_GREETING",
        too_many_words: "MAX_WORDS",
        long_word: "MAX_WORD_LENGTH",
        initial_silence: "INITIAL_SILENCE",
        timeout: "TOO_LONG",
        no_audio: "TOO_LONG",
        hung_up: "CANCEL",
        ..MOD_AMD_CAUSES
    },
    event: Some(Announcement { subclass: "mod_amd::info", headers: &[] }),
    hooks: Some(Hooks { human: "mod_amd_on_human", machine: "mod_amd_on_machine", unsure: "mod_amd_on_not_sure" }),
    ..SEANBRIGHT
};

const W1CK3DZA: Vocabulary = Vocabulary {
    name: "w1ck3dza",
    about: "The channel variables and event of FreeSWITCH's mod_amd by W1ck3dZA",
    event: Some(Announcement { subclass: "amd::result", headers: AMD_HEADERS }),
    ..SEANBRIGHT
};

/// To this fork, one who says nothing is a person.
const NEXIS: Vocabulary = Vocabulary {
    name: "nexis",
    about: "The channel variables and event of FreeSWITCH's mod_amd by Nexis-Comms",
    result_of_initial_silence: Some("HUMAN"),
    causes: Causes { short_greeting: "SILENCEAFTERGREETING", ..MOD_AMD_CAUSES },
    event: Some(Announcement { subclass: "amd", headers: AMD_HEADERS }),
    hooks: Some(Hooks { human: "amd_on_human", machine: "amd_on_machine", unsure: "amd_on_notsure" }),
    ..SEANBRIGHT
};

const fn twilio_results() -> [&'static str; 10] {
    let mut words = three("human", "machine_start", "unknown");
    words[AnsweredBy::Fax.index()] = "fax";
    words
}

/// To Twilio, one who says nothing is unknown. It gives no cause.
const TWILIO_ENABLE: Vocabulary = Vocabulary {
    name: "twilio_enable",
    about: "The callback of Twilio's MachineDetection=Enable",
    fields: &[("AnsweredBy", Source::Result), ("MachineDetectionDuration", Source::Duration)],
    results: twilio_results(),
    result_of_initial_silence: Some("unknown"),
    result_of_hang_up: Some("unknown"),
    ..OFFHOOK
};

const TWILIO_MESSAGE_END: Vocabulary = Vocabulary {
    name: "twilio_detect_message_end",
    about: "The callback of Twilio's MachineDetection=DetectMessageEnd",
    message_end: Some(MessageEnd {
        beep: "machine_end_beep",
        silence: "machine_end_silence",
        other: "machine_end_other",
    }),
    ..TWILIO_ENABLE
};
