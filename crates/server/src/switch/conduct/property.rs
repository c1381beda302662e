//! What holds of a conduct whatever happens, in whatever order.

use std::collections::BTreeMap;

use offhook_detect::{AnsweredBy, Stage};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::switch::order::Announcement;

fn announcement() -> Announcement {
    Announcement { what: "offhook::verdict", headers: Vec::new(), body: Value::Null }
}

/// An action; `quiet`: none that plays.
fn action(quiet: bool) -> impl Strategy<Value = Action> {
    let message = |then| Action::Drop(MessageDrop { file: "m.wav".into(), then });
    let mut all = vec![
        Action::Transfer("1000 XML default".into()),
        Action::Bridge("user/1".into()),
        Action::Hangup("NORMAL_CLEARING".into()),
        Action::Park,
        Action::Stay,
        Action::Set(BTreeMap::from([("a".to_owned(), "1".to_owned())])),
    ];
    if !quiet {
        all.extend([Action::Play("p.wav".into()), message(Then::Hangup), message(Then::Stay)]);
    }
    prop::sample::select(all)
}

/// A rule under which nothing is played to a person.
fn rule() -> impl Strategy<Value = Rule> {
    let noisy = prop::sample::select(vec![Moment::Voicemail, Moment::Machine, Moment::Ready, Moment::Fax]);
    let quiet = prop::sample::select(vec![Moment::Human, Moment::Late, Moment::Otherwise, Moment::Unknown]);
    let on = (
        prop::collection::btree_map(noisy, prop::collection::vec(action(false), 0..3), 0..4),
        prop::collection::btree_map(quiet, prop::collection::vec(action(true), 0..3), 0..4),
    );
    (on, 100_u64..3_000, 100_u64..8_000, 1_000_u64..20_000, any::<(bool, bool)>()).prop_map(
        |((mut on, quiet), audio, within, listen, (early_media, verdict))| {
            on.extend(quiet);
            Rule {
                on,
                audio_within: Duration::from_millis(audio),
                within: Duration::from_millis(within),
                listen: Duration::from_millis(listen),
                early_media,
                hold: if verdict { Hold::Verdict } else { Hold::Ready },
                ..Rule::default()
            }
        },
    )
}

fn opinion() -> impl Strategy<Value = Opinion> {
    let kinds = prop::sample::select(vec![
        AnsweredBy::Human,
        AnsweredBy::Voicemail,
        AnsweredBy::Fax,
        AnsweredBy::Silence,
        AnsweredBy::Unknown,
    ]);
    let stages = prop::sample::select(vec![Stage::Provisional, Stage::Final, Stage::Revised]);
    (kinds, stages).prop_map(|(answered_by, stage)| Opinion {
        answered_by,
        stage,
        variables: Vec::new(),
        announcements: Vec::new(),
        once: Vec::new(),
        hooks: Vec::new(),
    })
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        3 => opinion().prop_map(Input::Heard),
        3 => Just(Input::Ready(Vec::new(), announcement())),
        2 => Just(Input::Time),
        1 => Just(Input::Answered),
        1 => Just(Input::AudioBegan),
        1 => Just(Input::AudioFailed),
        1 => Just(Input::Beep(announcement())),
        1 => opinion().prop_map(Input::SwitchBeep),
        1 => Just(Input::Held),
        1 => Just(Input::PlayingEnded),
        1 => prop::collection::vec(action(true), 0..3).prop_map(Input::Asked),
        1 => Just(Input::Taken),
        1 => Just(Input::HungUp),
    ]
}

fn gives_away(order: &Order) -> bool {
    matches!(order, Order::Transfer(_) | Order::Bridge(_) | Order::HangUp(_) | Order::Release)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_call_is_given_away_once_no_person_hears_a_message_and_time_goes_on(
        rule in rule(),
        begin in any::<(bool, bool, bool)>(),
        nodes in 0..3_usize,
        happens in prop::collection::vec((0_u64..2_500, input()), 1..40),
    ) {
        let (answered, by_itself, held) = begin;
        let mut conduct = Conduct::new(Arc::new(rule), nodes);
        if held {
            conduct = conduct.held();
        }
        let mut now = Duration::ZERO;
        let begun = conduct.begin(answered, by_itself, now);
        prop_assert!(!begun.iter().any(gives_away), "{begun:?}");
        let (mut given, mut person, mut over, mut hung_up) = (0, false, false, false);
        for (after, input) in happens {
            now += Duration::from_millis(after);
            if let Input::Heard(heard) = &input
                && heard.stage != Stage::Provisional
                && !conduct.is_gone()
            {
                person = heard.answered_by == AnsweredBy::Human;
            }
            hung_up |= input == Input::HungUp;
            let mut orders = conduct.take(input, now);
            if let Some(due) = conduct.deadline() {
                now = now.max(due);
                orders.extend(conduct.take(Input::Time, now));
                prop_assert!(conduct.deadline().is_none_or(|next| next > now), "time stands still");
            }
            prop_assert!(!hung_up || orders.is_empty(), "nothing is done with a call that is over: {orders:?}");
            for order in &orders {
                given += u32::from(gives_away(order));
                prop_assert!(given <= 1, "given away twice: {orders:?}");
                prop_assert!(!(person && matches!(order, Order::Play(_))), "played to a person: {orders:?}");
            }
            prop_assert!(conduct.is_over() || !over, "what is over stays so");
            over = conduct.is_over();
        }
    }
}
