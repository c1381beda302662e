//! Why calls end: numbers of ITU-T Q.850 and their words, as FreeSWITCH has them.

const CAUSES: [(u8, &str); 24] = [
    (1, "UNALLOCATED_NUMBER"),
    (2, "NO_ROUTE_TRANSIT_NET"),
    (3, "NO_ROUTE_DESTINATION"),
    (16, "NORMAL_CLEARING"),
    (17, "USER_BUSY"),
    (18, "NO_USER_RESPONSE"),
    (19, "NO_ANSWER"),
    (20, "SUBSCRIBER_ABSENT"),
    (21, "CALL_REJECTED"),
    (22, "NUMBER_CHANGED"),
    (26, "ANSWERED_ELSEWHERE"),
    (27, "DESTINATION_OUT_OF_ORDER"),
    (28, "INVALID_NUMBER_FORMAT"),
    (31, "NORMAL_UNSPECIFIED"),
    (34, "NORMAL_CIRCUIT_CONGESTION"),
    (38, "NETWORK_OUT_OF_ORDER"),
    (41, "NORMAL_TEMPORARY_FAILURE"),
    (42, "SWITCH_CONGESTION"),
    (44, "REQUESTED_CHAN_UNAVAIL"),
    (50, "FACILITY_NOT_SUBSCRIBED"),
    (58, "BEARERCAPABILITY_NOTAVAIL"),
    (88, "INCOMPATIBLE_DESTINATION"),
    (102, "RECOVERY_ON_TIMER_EXPIRE"),
    (127, "INTERWORKING"),
];

/// The word for a number. Without one, or with 0, a call ended for no cause that is known.
pub(super) fn word(number: Option<i64>) -> String {
    match number {
        None | Some(0) => "NONE".to_owned(),
        Some(number) => CAUSES
            .iter()
            .find(|(known, _)| i64::from(*known) == number)
            .map_or_else(|| format!("Q850_{number}"), |(_, word)| (*word).to_owned()),
    }
}

/// The number for a word, or for a number as text.
pub(super) fn number(word: &str) -> Option<u8> {
    let word = word.trim();
    let known = CAUSES.iter().find(|(_, known)| known.eq_ignore_ascii_case(word)).map(|(number, _)| *number);
    known.or_else(|| word.parse().ok().filter(|number| (1..=127).contains(number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_are_understood_as_words_and_as_numbers() {
        assert_eq!((number("NORMAL_CLEARING"), number("17"), number("user_busy")), (Some(16), Some(17), Some(17)));
        assert_eq!((number("0"), number("128"), number("nothing")), (None, None, None));
        assert_eq!((word(Some(19)), word(Some(99)), word(None)), ("NO_ANSWER".into(), "Q850_99".into(), "NONE".into()));
    }
}
