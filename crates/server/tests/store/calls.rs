//! Lists, one call, feedback, review, the end.

use jiff::SignedDuration;
use offhook_server::record::{CallRecord, Source};
use offhook_server::store::{CallFilter, CallSummary, Expired, Judge, NewFeedback, Store, StoreError};
use serde_json::json;

use crate::support::{call, keep, noon, voicemail, with_both};

/// Calls `c0`, `c1`, … each a second after the one before.
fn row_of_calls(count: usize) -> Vec<CallRecord> {
    let mut calls: Vec<_> = (0..count).map(|n| call(&format!("c{n}"))).collect();
    for (n, call) in calls.iter_mut().enumerate() {
        call.info.started = noon() + SignedDuration::from_secs(n as i64);
    }
    calls
}

async fn names(store: &Store, filter: &CallFilter) -> Vec<String> {
    let page = store.calls(filter, None, 100).await.unwrap();
    page.calls.into_iter().map(|call| call.call_id).collect()
}

fn truth(answered_by: &str) -> NewFeedback {
    NewFeedback { answered_by: answered_by.into(), by: Judge::Person, note: None, who: "reviewer".into() }
}

#[tokio::test]
async fn a_call_is_read_as_it_was_recorded() {
    with_both(async |place| {
        let store = place.open().await;
        let mut record = voicemail("it's \"c1\" \0 ☎");
        record.info.campaign = Some("autumn".into());
        record.conclusion.confidence = f64::NAN;
        keep(&store, &[record.clone(), call("other")]).await;

        let found = store.call(&record.info.id.to_string(), None).await.unwrap().unwrap();
        let mut expected = CallSummary::from(&record);
        expected.call_id = "it's \"c1\" \u{fffd} ☎".into();
        expected.confidence = 0.0;
        assert_eq!(found.summary, expected);
        assert_eq!(found.probabilities, record.conclusion.probabilities);
        assert_eq!(found.cause, record.conclusion.cause);
        assert_eq!(found.vocabularies, record.vocabularies);
        assert_eq!(found.events, record.events);
        assert_eq!(found.timeline, record.timeline);
        assert_eq!((found.lost_ms, found.warnings), (20, record.warnings.clone()));
        assert!(found.feedback.is_empty());
        let by_name = store.call(&record.info.call_id, Some("dialler")).await.unwrap().unwrap();
        assert_eq!(by_name.summary, expected);
        assert_eq!(store.call(&record.info.id.to_string(), Some("another")).await.unwrap(), None);
        assert_eq!(store.call("c2", None).await.unwrap(), None);

        let wire = serde_json::to_value(&found.summary).unwrap();
        assert_eq!(wire["started"], json!("2026-11-20T12:00:00.123456Z"));
        assert_eq!(wire["caller"], json!("*******456"));
        assert_eq!(wire["audio_kept"], json!(false));
        assert_eq!(wire.get("owner"), None);
        store.close().await;
        assert!(matches!(store.record(&record).await, Err(StoreError::Closed)));
    })
    .await;
}

#[tokio::test]
async fn a_call_can_be_asked_for_as_soon_as_it_is_recorded() {
    with_both(async |place| {
        let store = place.open().await;
        for n in 0..20 {
            let record = call(&format!("c{n}"));
            store.record(&record).await.unwrap();
            assert!(store.call(&record.info.id.to_string(), None).await.unwrap().is_some());
            store.record(&call("another")).await.unwrap();
            assert!(store.feedback(record.info.id, &truth("human")).await.unwrap().is_some());
        }
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn pages_hold_every_call_once_newest_first() {
    with_both(async |place| {
        let store = place.open().await;
        let mut calls = row_of_calls(10);
        // Three begin at once.
        for n in [4, 5] {
            calls[n].info.started = calls[3].info.started;
        }
        keep(&store, &calls).await;
        let mut expected: Vec<_> = calls.iter().map(|call| (call.info.started, call.info.id)).collect();
        expected.sort();
        expected.reverse();
        for limit in [1, 3, 5, 10, 11] {
            let (mut found, mut cursor) = (Vec::new(), None);
            loop {
                let page = store.calls(&CallFilter::default(), cursor.as_deref(), limit).await.unwrap();
                assert!(page.calls.len() <= limit as usize);
                found.extend(page.calls.iter().map(|call| (call.started, call.id)));
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            assert_eq!(found, expected, "pages of {limit}");
        }
        let wrong = store.calls(&CallFilter::default(), Some("2"), 5).await;
        assert!(matches!(wrong, Err(StoreError::Cursor { given }) if given == "2"));
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn each_filter_lets_through_what_it_says() {
    with_both(async |place| {
        let store = place.open().await;
        let mut calls = row_of_calls(6);
        calls[1].conclusion = voicemail("").conclusion;
        calls[2].conclusion = voicemail("").conclusion;
        calls[2].conclusion.answered_by = "mailbox_unavailable".into();
        calls[3].conclusion.answered_by = "ivr".into();
        calls[3].conclusion.confidence = 0.5;
        calls[4].info.campaign = Some("autumn".into());
        calls[4].info.source = Source::Tap;
        calls[5].info.owner = "another".into();
        calls[5].info.call_id = "c0".into();
        keep(&store, &calls).await;
        store.feedback(calls[3].info.id, &truth("human")).await.unwrap().unwrap();

        let all = CallFilter::default;
        let second = |n: i64| Some(noon() + SignedDuration::from_secs(n));
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect();
        for (filter, expected) in [
            (all(), vec!["c0", "c4", "c3", "c2", "c1", "c0"]),
            (CallFilter { answered_by: words(&["ivr", "voicemail"]), ..all() }, vec!["c3", "c1"]),
            (CallFilter { voicemail_only: true, ..all() }, vec!["c2", "c1"]),
            (CallFilter { human_only: true, ..all() }, vec!["c0", "c4", "c0"]),
            (CallFilter { min_confidence: Some(0.93), ..all() }, vec!["c0", "c4", "c2", "c1", "c0"]),
            (CallFilter { campaign: Some("autumn".into()), ..all() }, vec!["c4"]),
            (CallFilter { source: Some(Source::Tap), ..all() }, vec!["c4"]),
            (CallFilter { from: second(3), ..all() }, vec!["c0", "c4", "c3"]),
            (CallFilter { to: second(3), ..all() }, vec!["c2", "c1", "c0"]),
            (CallFilter { from: second(1), to: second(2), ..all() }, vec!["c1"]),
            (CallFilter { call_id: Some("c0".into()), ..all() }, vec!["c0", "c0"]),
            (CallFilter { owner: Some("another".into()), ..all() }, vec!["c0"]),
            (CallFilter { reviewed: Some(true), ..all() }, vec!["c3"]),
            (CallFilter { reviewed: Some(false), human_only: true, ..all() }, vec!["c0", "c4", "c0"]),
            (CallFilter { campaign: Some("' OR 1=1 --".into()), ..all() }, vec![]),
        ] {
            assert_eq!(names(&store, &filter).await, expected, "{filter:?}");
        }
        // Of two with one name the newest is told, and of one owner's calls his.
        let newest = store.call("c0", None).await.unwrap().unwrap();
        assert_eq!(newest.summary.id, calls[5].info.id);
        let his = store.call("c0", Some("dialler")).await.unwrap().unwrap();
        assert_eq!(his.summary.id, calls[0].info.id);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn the_newest_feedback_is_the_truth_and_all_is_kept() {
    with_both(async |place| {
        let store = place.open().await;
        let record = call("c1");
        keep(&store, std::slice::from_ref(&record)).await;
        let id = record.info.id;
        let first = store.feedback(id, &truth("voicemail")).await.unwrap().unwrap();
        let said = NewFeedback { note: Some("a \0 child".into()), by: Judge::System, ..truth("human") };
        let second = store.feedback(id, &said).await.unwrap().unwrap();
        assert_eq!(second.truth.note.as_deref(), Some("a \u{fffd} child"));
        let found = store.call("c1", None).await.unwrap().unwrap();
        assert_eq!(found.summary.truth, Some(second.truth.clone()));
        assert_eq!(found.feedback, [first, second]);
        assert_eq!(store.feedback(uuid::Uuid::now_v7(), &truth("human")).await.unwrap(), None);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_least_sure_is_reviewed_first() {
    with_both(async |place| {
        let store = place.open().await;
        let mut calls = row_of_calls(5);
        for (call, confidence) in calls.iter_mut().zip([0.9, 0.6, 0.7, 0.1, 0.2]) {
            call.conclusion.confidence = confidence;
        }
        calls[4].info.owner = "another".into();
        for call in &calls {
            store.record(call).await.unwrap();
            if call.info.call_id != "c3" {
                store.audio_kept(call.info.id, "a/key").await.unwrap();
            }
        }
        assert!(store.settle(std::time::Duration::from_secs(30)).await);
        store.feedback(calls[1].info.id, &truth("human")).await.unwrap().unwrap();
        let names = |calls: Vec<CallSummary>| calls.into_iter().map(|call| call.call_id).collect::<Vec<_>>();
        assert_eq!(names(store.review(None, 10).await.unwrap()), ["c4", "c2", "c0"]);
        assert_eq!(names(store.review(None, 1).await.unwrap()), ["c4"]);
        assert_eq!(names(store.review(Some("dialler"), 10).await.unwrap()), ["c2", "c0"]);
        store.close().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_too_old_is_found_and_deleted_with_all_that_belongs_to_it() {
    with_both(async |place| {
        let store = place.open().await;
        let calls = row_of_calls(4);
        for call in &calls {
            store.record(call).await.unwrap();
        }
        let key = |n: usize| format!("audio/{n}");
        for n in [0, 1, 3] {
            store.audio_kept(calls[n].info.id, &key(n)).await.unwrap();
        }
        assert!(store.settle(std::time::Duration::from_secs(30)).await);
        let expired = |n: usize, kept: bool| Expired { id: calls[n].info.id, audio_key: kept.then(|| key(n)) };
        let limit = noon() + SignedDuration::from_secs(3);
        assert_eq!(store.expired_audio(limit, 10).await.unwrap(), [expired(0, true), expired(1, true)]);
        assert_eq!(store.expired_audio(limit, 1).await.unwrap(), [expired(0, true)]);
        store.audio_gone(&[calls[0].info.id]).await.unwrap();
        let ids: Vec<_> = calls.iter().map(|call| call.info.id).collect();
        let kept = [1, 3].map(|n| (ids[n], key(n)));
        assert_eq!(store.audio_keys(&ids).await.unwrap(), kept.into());
        assert_eq!(store.expired_audio(limit, 10).await.unwrap(), [expired(1, true)]);
        let old = [expired(0, false), expired(1, true), expired(2, false)];
        assert_eq!(store.expired_calls(limit, 10).await.unwrap(), old);

        store.feedback(calls[0].info.id, &truth("human")).await.unwrap().unwrap();
        let ids: Vec<_> = old.iter().map(|expired| expired.id).collect();
        assert_eq!(store.delete(&ids).await.unwrap(), 3);
        assert_eq!(store.delete(&ids).await.unwrap(), 0);
        assert_eq!(names(&store, &CallFilter::default()).await, ["c3"]);
        let database = place.database().await;
        for (table, rows) in [("calls", 1), ("call_details", 1), ("call_feedback", 0)] {
            let count = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
            let count: i64 = sqlx::query_scalar(count).fetch_one(&database).await.unwrap();
            assert_eq!(count, rows, "{table}");
        }
        store.close().await;
    })
    .await;
}
