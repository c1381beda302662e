use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::switch::order::Announcement;

const MS: Duration = Duration::from_millis(1);

fn opinion(answered_by: AnsweredBy, stage: Stage) -> Opinion {
    Opinion {
        answered_by,
        stage,
        variables: vec![("offhook_result".into(), answered_by.word().into())],
        announcements: Vec::new(),
        once: Vec::new(),
        hooks: Vec::new(),
    }
}

fn heard(answered_by: AnsweredBy) -> Input {
    Input::Heard(opinion(answered_by, Stage::Final))
}

fn ready() -> Input {
    Input::Ready(Vec::new(), Announcement { what: "ready", headers: Vec::new(), body: Value::Null })
}

fn rule(on: &[(Moment, Action)]) -> Rule {
    let mut all = BTreeMap::<Moment, Vec<Action>>::new();
    for (moment, action) in on {
        all.entry(*moment).or_default().push(action.clone());
    }
    Rule { on: all, ..Rule::default() }
}

fn voicemail_drop() -> Rule {
    rule(&[
        (Moment::Voicemail, Action::Drop(MessageDrop { file: "m.wav".into(), then: Then::Hangup })),
        (Moment::Human, Action::Transfer("1000 XML default".into())),
    ])
}

/// A call that was answered at once and whose audio flows.
fn flowing(rule: Rule, nodes: usize) -> Conduct {
    let mut conduct = Conduct::new(Arc::new(rule), nodes);
    assert_eq!(conduct.begin(true, false, Duration::ZERO), [Order::StartAudio(0)]);
    assert!(conduct.take(Input::AudioBegan, 20 * MS).is_empty());
    conduct
}

fn words(orders: &[Order]) -> Vec<&'static str> {
    orders.iter().map(Order::word).collect()
}

#[test]
fn a_person_is_connected_and_nobody_listens_any_more() {
    let mut conduct = flowing(voicemail_drop(), 1);
    assert_eq!(words(&conduct.take(heard(AnsweredBy::Human), 900 * MS)), ["set", "stop_audio", "transfer"]);
    assert!(conduct.is_over());
    assert!(conduct.take(ready(), 950 * MS).iter().all(|order| order.word() == "announce"));
    assert_eq!(conduct.deadline(), None);
}

#[test]
fn a_dialplan_that_comes_to_wait_later_waits_for_the_same() {
    let mut early = flowing(Rule::default(), 1);
    assert!(early.take(Input::Held, 100 * MS).is_empty());
    assert!(words(&early.take(heard(AnsweredBy::Human), 900 * MS)).ends_with(&["release"]));
    let mut late = flowing(Rule::default(), 1);
    late.take(heard(AnsweredBy::Voicemail), 900 * MS);
    assert!(late.take(Input::Held, 950 * MS).is_empty(), "a message may not start yet");
    assert!(words(&late.take(ready(), 6_000 * MS)).ends_with(&["release"]));
    let mut known = flowing(Rule::default(), 1);
    known.take(heard(AnsweredBy::Human), 900 * MS);
    assert!(words(&known.take(Input::Held, 950 * MS)).ends_with(&["release"]));
}

#[test]
fn a_message_starts_when_it_may_and_ends_the_call() {
    let mut conduct = flowing(voicemail_drop(), 1);
    assert_eq!(words(&conduct.take(heard(AnsweredBy::Voicemail), 900 * MS)), ["set"]);
    assert_eq!(words(&conduct.take(ready(), 5_000 * MS)), ["announce", "play"]);
    assert_eq!(words(&conduct.take(ready(), 5_100 * MS)), ["announce"], "a message is left once");
    assert_eq!(conduct.take(Input::PlayingEnded, 9_000 * MS), [Order::HangUp("NORMAL_CLEARING".into())]);
}

#[test]
fn a_message_stops_when_a_person_turns_out_to_be_there() {
    let mut conduct = flowing(voicemail_drop(), 1);
    conduct.take(heard(AnsweredBy::Voicemail), 900 * MS);
    conduct.take(ready(), 5_000 * MS);
    let person = Input::Heard(opinion(AnsweredBy::Human, Stage::Revised));
    assert_eq!(words(&conduct.take(person, 6_000 * MS)), ["set", "stop_playing", "stop_audio", "transfer"]);
    assert!(conduct.take(Input::PlayingEnded, 6_100 * MS).is_empty(), "no person is hung up on");
}

#[test]
fn nothing_is_done_on_a_provisional_verdict() {
    let mut conduct = flowing(voicemail_drop(), 1);
    let maybe = Input::Heard(opinion(AnsweredBy::Human, Stage::Provisional));
    assert_eq!(words(&conduct.take(maybe, 400 * MS)), ["set"]);
    assert!(!conduct.is_over());
}

#[test]
fn a_node_without_audio_is_followed_by_the_next_and_last_by_the_switch_itself() {
    let rule = Rule { audio_within: 500 * MS, ..voicemail_drop() };
    let mut conduct = Conduct::new(Arc::new(rule), 2);
    assert_eq!(conduct.begin(true, false, Duration::ZERO), [Order::StartAudio(0)]);
    assert_eq!(conduct.deadline(), Some(500 * MS));
    assert_eq!(conduct.take(Input::Time, 500 * MS), [Order::StartAudio(1)]);
    assert!(conduct.take(Input::AudioBegan, 520 * MS).is_empty());
    assert_eq!(conduct.take(Input::AudioFailed, 2_000 * MS), [Order::ListenForBeep]);
    let beep = Input::SwitchBeep(opinion(AnsweredBy::Voicemail, Stage::Final));
    assert_eq!(words(&conduct.take(beep, 4_000 * MS)), ["set"]);
    assert_eq!(words(&conduct.take(Input::Time, 5_000 * MS)), ["play"]);
}

#[test]
fn what_the_switch_hears_counts_only_where_no_node_hears() {
    let mut conduct = flowing(voicemail_drop(), 1);
    let beep = Input::SwitchBeep(opinion(AnsweredBy::Voicemail, Stage::Final));
    assert!(conduct.take(beep, 900 * MS).is_empty());
}

#[test]
fn a_call_without_a_verdict_in_time_is_not_left_alone() {
    let mut conduct = flowing(rule(&[(Moment::Late, Action::Transfer("agent".into()))]), 1);
    assert_eq!(conduct.deadline(), Some(6_000 * MS));
    assert_eq!(words(&conduct.take(Input::Time, 6_000 * MS)), ["stop_audio", "transfer"]);
    assert!(conduct.take(heard(AnsweredBy::Voicemail), 6_500 * MS).is_empty(), "the call is not ours any more");
}

#[test]
fn a_held_call_is_released_when_a_message_may_start() {
    let mut conduct = Conduct::new(Arc::new(Rule::default()), 0).held();
    assert!(conduct.begin(true, true, Duration::ZERO).is_empty());
    conduct.take(Input::AudioBegan, 20 * MS);
    assert_eq!(words(&conduct.take(heard(AnsweredBy::Voicemail), 900 * MS)), ["set"]);
    assert_eq!(words(&conduct.take(ready(), 5_000 * MS)), ["announce", "stop_audio", "release"]);
    let mut person = Conduct::new(Arc::new(Rule::default()), 0).held();
    person.begin(true, true, Duration::ZERO);
    person.take(Input::AudioBegan, 20 * MS);
    assert_eq!(words(&person.take(heard(AnsweredBy::Human), 900 * MS)), ["set", "stop_audio", "release"]);
    let mut late = Conduct::new(Arc::new(Rule::default()), 0).held();
    late.begin(true, true, Duration::ZERO);
    assert_eq!(words(&late.take(Input::Time, 60_000 * MS)), ["listen_for_beep", "release"]);
}

#[test]
fn listening_ends_in_time() {
    let mut conduct = flowing(Rule::default(), 1);
    conduct.take(heard(AnsweredBy::Voicemail), 900 * MS);
    assert_eq!(conduct.deadline(), Some(60_000 * MS));
    assert_eq!(conduct.take(Input::Time, 60_000 * MS), [Order::StopAudio]);
    assert_eq!(conduct.deadline(), None);
}

#[test]
fn early_media_is_heard_where_the_rule_says_so() {
    let mut conduct = Conduct::new(Arc::new(Rule::default()), 1);
    assert_eq!(conduct.begin(false, false, Duration::ZERO), [Order::StartAudio(0)]);
    conduct.take(Input::AudioBegan, 20 * MS);
    assert!(conduct.take(Input::Answered, 3_000 * MS).is_empty());
    assert_eq!(conduct.deadline(), Some(9_000 * MS), "time runs from the answer");
    let late = Rule { early_media: false, ..Rule::default() };
    let mut conduct = Conduct::new(Arc::new(late), 1);
    assert!(conduct.begin(false, false, Duration::ZERO).is_empty());
    assert_eq!(conduct.take(Input::Answered, 3_000 * MS), [Order::StartAudio(0)]);
}

#[test]
fn audio_that_ends_with_the_call_asks_nobody_to_stand_in() {
    let mut conduct = flowing(rule(&[(Moment::Human, Action::Hangup("NORMAL_CLEARING".into()))]), 2);
    assert_eq!(words(&conduct.take(heard(AnsweredBy::Human), 900 * MS)), ["set", "hangup"]);
    assert!(conduct.take(Input::AudioFailed, 950 * MS).is_empty());
    assert!(conduct.is_over());
}

#[test]
fn the_events_of_others_are_told_once_for_each_kind() {
    let told = |what| Announcement { what, headers: Vec::new(), body: Value::Null };
    let verdict = |answered_by, stage| {
        let (announcements, once) = (vec![told("offhook::verdict")], vec![told("voicemail::detected")]);
        Input::Heard(Opinion { announcements, once, ..opinion(answered_by, stage) })
    };
    let mut conduct = flowing(Rule::default(), 1);
    let of = |orders: Vec<Order>| orders.iter().filter(|order| order.word() == "announce").count();
    assert_eq!(of(conduct.take(verdict(AnsweredBy::Voicemail, Stage::Final), 900 * MS)), 2);
    assert_eq!(of(conduct.take(verdict(AnsweredBy::Voicemail, Stage::Revised), 1_900 * MS)), 1);
}

#[test]
fn a_message_that_another_node_could_not_leave_is_left_once_it_may_start() {
    let mut conduct = Conduct::new(Arc::new(voicemail_drop()), 1).resumed();
    assert_eq!(conduct.begin(true, false, Duration::ZERO), [Order::StartAudio(0)]);
    conduct.take(Input::AudioBegan, 20 * MS);
    assert_eq!(words(&conduct.take(heard(AnsweredBy::Voicemail), 900 * MS)), ["set"], "it was acted on before");
    assert_eq!(words(&conduct.take(ready(), 950 * MS)), ["announce", "play"]);
    let mut person = Conduct::new(Arc::new(voicemail_drop()), 1).resumed();
    person.begin(true, false, Duration::ZERO);
    person.take(Input::AudioBegan, 20 * MS);
    assert_eq!(words(&person.take(heard(AnsweredBy::Human), 900 * MS)), ["set", "stop_audio", "transfer"]);
    let mut deaf = Conduct::new(Arc::new(voicemail_drop()), 0).resumed();
    assert_eq!(words(&deaf.begin(true, false, Duration::ZERO)), ["listen_for_beep"]);
    deaf.take(Input::SwitchBeep(opinion(AnsweredBy::Voicemail, Stage::Final)), 900 * MS);
    assert_eq!(words(&deaf.take(Input::Time, 1_900 * MS)), ["play"]);
}
